// Writes src/schema.ts from the REST contract; with --check only tells whether it is current.
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import openapiTS, { astToString } from 'openapi-typescript';

const contract = new URL('../../dsnb/server/openapi.yaml', import.meta.url);
const target = new URL('../src/schema.ts', import.meta.url);

const head =
  '// Generated from dsnb/server/openapi.yaml by `jlpm types`; edit the contract instead.\n\n';
const wanted = head + astToString(await openapiTS(contract));

if (process.argv.includes('--check')) {
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present !== wanted) {
    console.error(
      'src/schema.ts is not what dsnb/server/openapi.yaml says: run `jlpm types`.'
    );
    process.exit(1);
  }
} else {
  await writeFile(target, wanted);
}
