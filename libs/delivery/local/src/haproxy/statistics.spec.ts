import { percentile } from '@prompt-card/rollout';
import { readLatencies, readSlots } from './statistics.ts';

const CSV = `# pxname,svname,qcur,scur,econ,eresp,status,srv_abrt,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,addr,uweight,
web,FRONTEND,0,3,,,OPEN,,0,90,0,0,9,0,,,
web,s1,1,2,4,3,UP 1/3,1,0,90,5,2,9,0,127.0.0.1:4001,25,
web,s2,0,0,0,0,DOWN,0,0,0,0,0,0,0,127.0.0.1:4002,75,
api,s2,0,0,0,0,UP,0,0,1,0,0,0,0,127.0.0.1:4003,1,
web,s3,0,0,0,0,MAINT,0,0,0,0,0,0,0,127.0.0.1:9,0,
`;

describe('readSlots', () => {
  const [first, second, third, ...others] = readSlots('web', CSV);

  it('counts a request once, whether it was answered, lost, or broken off', () => {
    // 106 answers, of which one broke off; 2 lost, and 4 that found no connection.
    expect(first?.counted).toEqual({ requests: 112, errors: 16 });
  });

  it('reads the state of each slot, of this service alone', () => {
    expect(first).toMatchObject({ weight: 25, inFlight: 3, isUp: true, isIdle: false });
    expect(second).toMatchObject({ address: '127.0.0.1:4002', isUp: false, isIdle: false });
    expect(third).toMatchObject({ isUp: false, isIdle: true });
    expect(others).toEqual([]);
  });
});

describe('readLatencies', () => {
  it('knows a percentile to two digits', () => {
    const latencies = readLatencies(`# table: web, type: string, size:51200, used:3
0x1: key=r1/4/15 use=0 exp=0 gpc0=99
0x2: key=r1/6/23 use=0 exp=0 gpc0=1
0x3: key=r2/5/40 use=0 exp=0 gpc0=7
`);
    const of = (revision: string, q: number) => percentile(latencies.get(revision) ?? {}, q);
    expect(of('r1', 0.5) / 1.55).toBeCloseTo(1, 1);
    expect(of('r1', 1) / 235).toBeCloseTo(1, 1);
    expect(of('r2', 0.99) / 40.5).toBeCloseTo(1, 1);
  });

  it('leaves out a latency that the wall clock made negative', () => {
    expect(readLatencies('0x1: key=r1/4/-1 use=0 exp=0 gpc0=1').size).toBe(0);
  });
});
