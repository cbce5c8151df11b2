// A second opinion on blocks: @adobe/structured-data-validator (search engines' rules) with schema.org's vocabulary
// in the form that it reads, made from the table that ours is made from.
//   validate.mjs SCHEMA_DEF <blocks        a JSON block a line; prints "LINE: severity: path: message" for each
// Several types of one thing are judged together: a property that one of them has is allowed.
import fs from 'node:fs';
import readline from 'node:readline';
import Validator from '@adobe/structured-data-validator';

const graph = [];
const ids = text => [...text.matchAll(/T\(([^)]+)\)/g)].map(([, name]) => ({ '@id': `schema:${name}` }));
for (const line of fs.readFileSync(process.argv[2], 'utf8').split('\n')) {
  let m;
  if ((m = /^SCHEMA_TYPE\((\w+), (.*), "\w*"\)$/.exec(line)))
    graph.push({ '@id': `schema:${m[1]}`, '@type': 'rdfs:Class', 'rdfs:subClassOf': ids(m[2]) });
  else if ((m = /^SCHEMA_PROPERTY\((\w+), (.*), (?:T\(.*|), "\w*"\)$/.exec(line)))
    graph.push({ '@id': `schema:${m[1]}`, '@type': 'rdf:Property', 'schema:domainIncludes': ids(m[2].split(', ')[0]) });
}
const validator = new Validator({ '@graph': graph });
const where = (issue) =>
	issue.path.map((p) => [p.property ?? p.type, p.index].filter((x) => x !== undefined).join('.')).join('/');

let n = 0;
for await (const line of readline.createInterface({ input: process.stdin })) {
	n++;
	const block = JSON.parse(line);
	const types = [block['@type']].flat();
	const issues = await validator.validate({ jsonld: { [types[0]]: [block] }, microdata: {}, rdfa: {} });
	const unknown = new Map(); // "property at place" -> how many of the types do not have it
	for (const issue of issues) {
		const key = `${where(issue)}: ${issue.fieldNames}`;
		if (
			issue.errorType === 'schemaOrg' &&
			issue.path.length === 1 &&
			types.length > 1 &&
			!issue.fieldNames.includes('@type')
		) {
			unknown.set(key, (unknown.get(key) ?? 0) + 1);
			if (unknown.get(key) < types.length) continue;
		}
		console.log(`${n}: ${issue.severity}: ${where(issue)}: ${issue.issueMessage}`);
	}
}
console.log(`${n} blocks`);
