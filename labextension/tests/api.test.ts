import { describe, expect, it } from 'vitest';
import { ApiError } from '../src/api';
import { FakeServer, refusal } from './workspace';

const signal = new AbortController().signal;

async function errorOf(answer: Promise<unknown>): Promise<ApiError> {
  return answer.then(
    () => expect.fail('there was no error'),
    (error: unknown) => error as ApiError
  );
}

describe('a request', () => {
  it('goes below the base URL, with every part of it encoded', async () => {
    const server = new FakeServer();
    server.register('a/b?c');
    await server.api.version('my folder/ü', 'a/b?c', 1, signal);
    expect(server.asked[0]).toMatch(/^datasets\/a%2Fb%3Fc\/versions\/1\?path=my folder\/ü/);
  });

  it('names the kernel only when one is meant', async () => {
    const server = new FakeServer();
    await server.api.runs('', null, { offset: 0, limit: 5 }, signal);
    await server.api.runs('', 'k', { offset: 0, limit: 5 }, signal);
    expect(server.asked[0]).not.toContain('kernel');
    expect(server.asked[1]).toContain('kernel=k');
  });
});

describe('an error', () => {
  const server = new FakeServer();
  const fails = (response: Response) => {
    server.instead.set('workspace', () => response);
    return errorOf(server.api.workspace('', signal));
  };

  it('keeps the words of the server half', async () => {
    const error = await fails(
      refusal(409, 'RegistryError', 'It is broken.', 'dsnb doctor')
    );
    expect(error).toBeInstanceOf(ApiError);
    expect([error.kind, error.message, error.hint]).toEqual([
      'RegistryError',
      'It is broken.',
      'dsnb doctor'
    ]);
  });

  it('tells a folder that is not there from a server half that is not there', async () => {
    const folder = await fails(refusal(404, 'FolderNotFoundError', 'No such folder.', ''));
    expect(folder.kind).toBe('FolderNotFoundError');
    const page = await fails(new Response('<html>404</html>', { status: 404 }));
    expect(page.kind).toBe('ServerMissing');
    const jupyter = await fails(Response.json({ message: 'Not Found' }, { status: 404 }));
    expect(jupyter.kind).toBe('ServerMissing');
  });

  it('says when one has to log in', async () => {
    expect((await fails(new Response('', { status: 403 }))).hint).toContain('log in');
  });

  it('says when the server is out of reach, or answers nonsense', async () => {
    server.instead.set('workspace', () => Promise.reject(new TypeError('refused')));
    expect((await errorOf(server.api.workspace('', signal))).kind).toBe('Unreachable');
    expect((await fails(new Response('{'))).kind).toBe('Unreadable');
    expect((await fails(new Response('', { status: 500 }))).kind).toBe('Failed');
  });
});
