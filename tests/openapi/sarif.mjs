// sarif.mjs FILE...: each file against the schema of SARIF 2.1.0 by OASIS, as @microsoft/jest-sarif carries it. What is
// wrong is printed, a line each.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(import.meta.url);
const Ajv = require('ajv');
const formats = require('ajv-formats');
// of draft 4, of which it uses nothing that later drafts read otherwise but its id
const { id, $schema, ...schema } = require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');

const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
formats(ajv);
const valid = ajv.compile(schema);
for (const file of process.argv.slice(2)) {
	if (!valid(JSON.parse(readFileSync(file, 'utf8'))))
		for (const e of valid.errors) console.log(`${file}: ${e.instancePath} ${e.message}`);
}
