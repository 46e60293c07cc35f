import { chooseServerUser, firstClosedFolder } from './server-user.ts';

const passwd = `root:x:0:0:root:/root:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
`;

describe('chooseServerUser', () => {
  it('prefers postgres to nobody', () => {
    expect(chooseServerUser(passwd)).toEqual({ name: 'postgres', uid: 101, gid: 104 });
  });

  it('falls back to nobody', () => {
    expect(chooseServerUser(passwd.replace(/^postgres.*$/m, ''))?.name).toBe('nobody');
  });

  it('never takes an account that is root itself', () => {
    expect(chooseServerUser('postgres:x:0:0::/root:/bin/sh\n')).toBeUndefined();
  });

  it('skips lines that it cannot read', () => {
    expect(chooseServerUser('# comment\npostgres\nnobody:x:a:b:::\n\n')).toBeUndefined();
  });
});

describe('firstClosedFolder', () => {
  const user = { uid: 101, gid: 104 };
  const folder = (path: string, mode: number, uid = 0, gid = 0) => ({ path, mode, uid, gid });

  it('names the first folder that lets nobody else in', () => {
    const way = [folder('/', 0o755), folder('/root', 0o700), folder('/root/app', 0o755)];
    expect(firstClosedFolder(way, user)?.path).toBe('/root');
  });

  it('asks for the right to enter only, not to list', () => {
    expect(firstClosedFolder([folder('/srv', 0o711)], user)).toBeUndefined();
  });

  it('applies the owner bits to the owner and the group bits to the group, as the kernel does', () => {
    expect(firstClosedFolder([folder('/own', 0o077, 101)], user)?.path).toBe('/own');
    expect(firstClosedFolder([folder('/group', 0o707, 0, 104)], user)?.path).toBe('/group');
    expect(firstClosedFolder([folder('/group', 0o710, 0, 104)], user)).toBeUndefined();
  });
});
