import { slotMap } from './commands.ts';
import type { HaproxyService } from './haproxy-service.ts';
import { type Routing, SLOTS } from './routing.ts';

/** Relative to HAProxy's working directory: the path of a UNIX socket may have about 100 bytes. */
export const RUNTIME_SOCKET = 'haproxy.sock';

/** An address that no tenant has: slots are written down before anybody lives there. */
const NOWHERE = '127.0.0.1:9';

/** The configuration that HAProxy starts with; all that changes later goes through its runtime socket. */
export function haproxyConfig(
  services: readonly (HaproxyService & { readonly routing: Routing })[],
): string {
  return `${[GLOBAL, ...services.map(serviceSection)].join('\n\n')}\n`;
}

const GLOBAL = `global
  stats socket unix@${RUNTIME_SOCKET} mode 600 level admin
  hard-stop-after 10s

defaults
  mode http
  timeout connect 1s
  timeout http-request 10s
  timeout http-keep-alive 65s
  timeout client 120s
  timeout server 120s
  timeout queue 3s
  timeout tunnel 1h`;

function serviceSection(service: HaproxyService & { readonly routing: Routing }): string {
  const { name, port, healthCheck, revisionOverride, routing } = service;
  const { path, intervalMs, timeoutMs } = healthCheck;
  const urgentMs = Math.max(50, Math.floor(intervalMs / 10));
  return `frontend ${name}
  bind 127.0.0.1:${port}
  http-request set-var(txn.start) date(0,us)
  http-request set-var(txn.id) uuid()
  http-request set-header x-request-id %[var(txn.id)]
  http-request set-header x-forwarded-proto http
  http-request set-header x-forwarded-host %[req.hdr(host)]
  http-after-response set-header x-request-id %[var(txn.id)]
  option forwardfor
  default_backend ${name}

backend ${name}
  # Shares exactly as weights say, and the weights may change at run time.
  balance roundrobin
  # A connection for each request: one that is kept may be closed by the service while a request is on its way.
  option http-server-close
  # Who does not accept a connection is passed over for somebody with weight.
  retries 3
  option redispatch 1
  option httpchk
  http-check send meth GET uri ${path} ver HTTP/1.1 hdr host localhost hdr connection close
  http-check expect status 200-399
  timeout check ${timeoutMs}ms
  default-server check inter ${intervalMs}ms fastinter ${urgentMs}ms downinter ${urgentMs}ms rise 1 fall 3
${revisionOverride ? `${overrideRules(name)}\n` : ''}  # Latencies by revision, number of digits, and first two digits, in microseconds.
  stick-table type string len 96 size 50k store gpc0
  http-response set-var(txn.revision) srv_name,map_str(${slotMap(name)})
  http-response set-header x-served-by %[var(txn.revision)]
  http-response set-var-fmt(txn.us) %[date(0,us),sub(txn.start)]
  http-response set-var-fmt(txn.bin) %[var(txn.revision)]/%[var(txn.us),length]/%[var(txn.us),bytes(0,2)]
  http-response track-sc0 var(txn.bin)
  http-response sc-inc-gpc0(0)
${SLOTS.map((slot) => serverLine(slot, routing)).join('\n')}`;
}

/** A revision that is asked for by name is reached whatever its weight, and nobody else answers for it. */
function overrideRules(service: string): string {
  const asked = SLOTS.map(
    (slot) =>
      `  http-request set-var(txn.slot) str(${slot}) if named { str(${slot}),map_str(${slotMap(service)}),strcmp(txn.named) eq 0 } { srv_is_up(${slot}) }`,
  );
  const used = SLOTS.map((slot) => `  use-server ${slot} if { var(txn.slot) -m str ${slot} }`);
  return `  http-request set-var(txn.named) req.hdr(x-revision)
  acl named var(txn.named) -m found
${asked.join('\n')}
  http-request return status 503 content-type text/plain string "this revision cannot be reached" if named !{ var(txn.slot) -m found }
${used.join('\n')}`;
}

function serverLine(slot: string, { tenants }: Routing): string {
  const tenant = tenants[slot];
  return tenant
    ? `  server ${slot} ${tenant.host}:${tenant.port} weight ${tenant.weight}`
    : `  server ${slot} ${NOWHERE} weight 0 disabled`;
}
