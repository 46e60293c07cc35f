import { NextResponse, type NextRequest } from 'next/server';
import { serverConfig } from './config.ts';
import { contentSecurityPolicy } from './content-security-policy.ts';

/**
 * Gives each page a fresh nonce and says which revision answered. Next reads the nonce from the
 * request's policy and puts it on its own scripts.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID());
  const policy = contentSecurityPolicy(nonce, process.env.NODE_ENV === 'development');
  const headers = new Headers(request.headers);
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  response.headers.set('x-revision', serverConfig().revision);
  return response;
}

/** Answers under /api are the backend's and keep its headers; hashed files are nobody's page. */
export const config = { matcher: '/((?!api/|_next/static/).*)' };
