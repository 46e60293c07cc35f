import { serverConfig } from '../../../config.ts';
import { forward } from '../../../features/backend/forward.ts';

export const dynamic = 'force-dynamic';

const handle = (request: Request): Promise<Response> => forward(request, serverConfig());

export {
  handle as DELETE,
  handle as GET,
  handle as HEAD,
  handle as OPTIONS,
  handle as PATCH,
  handle as POST,
  handle as PUT,
};
