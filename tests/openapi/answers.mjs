// Ask the API at random and hold each answer against its description: node answers.mjs BASE COUNT SEED
// Parameters are drawn from what the description allows, and sometimes from what it does not; every status, type and
// body that comes must be described. Prints what is not, and fails then.
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const [base, count, seed] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const get = async (path) => (await fetch(base + path)).json();
const description = await get('/openapi.json');
const ajv = new Ajv({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema({ ...description, $id: 'api' }, 'api');

let state = seed;
const below = (n) => {
	state = (state * 1103515245 + 12345) & 0x7fffffff;
	return (state >> 8) % n;
};
const one = (list) => list[below(list.length)];

const regions = (await get('/v1/regions')).regions.map((r) => r.key);
const categories = (await get('/v1/categories')).categories.flatMap((c) => [c.key, c.group.key]);
const ids = (await get('/v1/businesses?limit=100')).businesses.map((b) => b.id).concat('nonsense');
const words = ['bakery', 'word0', 'name1', 'müller', '8600', 'town', '+41 44 123 45 67', '...', '😀', '"', 'a',
	'open now', 'near me', 'hotel in wien', 'zzzzqqq', 'www.example.com', 'Street 12', 'Schweiz'];
const wrong = ['', '-1', 'x', '%', '99999999999', 'null', '\u0001'];
const known = {
	q: () => one(words) + (below(2) ? ` ${one(words)}` : ''),
	category: () => one(categories),
	region: () => one(regions),
	key: () => one(regions),
	id: () => one(ids),
	near: () => one(['47.37,8.54', '0,0', '91,0']),
	bbox: () => one(['7,46,9,48', '8.5,47.3,8.6,47.4', '1,2,3']),
	open_at: () => one(['now', '2026-12-01T10:00:00Z', 'soon']),
};
function value({ name, schema, example }) {
	if (below(8) === 0) return one(wrong);
	if (schema.enum) return one(schema.enum);
	if (schema.type === 'boolean') return one(['true', 'false']);
	if (schema.type === 'integer')
		return String(schema.minimum + below(1 + Math.min(200, schema.maximum - schema.minimum)));
	return known[name]?.() ?? example ?? 'x';
}

const operations = Object.entries(description.paths)
	.filter(([path, item]) => path.startsWith('/v1/') && item.get)
	.map(([path, item]) => [path, item.get]);
const validators = new Map();
function problem(response, operation, body) {
	let described = operation.responses[response.status] ?? operation.responses.default;
	if (described?.$ref) described = description.components.responses[described.$ref.split('/').pop()];
	const type = response.headers.get('content-type').split(';')[0];
	const content = described?.content?.[type];
	if (!content) return `${response.status} with ${type} is not described`;
	if (!content.schema || !/json$/.test(type) || /ndjson/.test(type)) return null;
	const schema = JSON.stringify(content.schema).replaceAll('"#/', '"api#/');
	if (!validators.has(schema)) validators.set(schema, ajv.compile(JSON.parse(schema)));
	const valid = validators.get(schema);
	return valid(JSON.parse(body)) ? null : `${response.status}: ${ajv.errorsText(valid.errors)}`;
}

const seen = {};
let faults = 0;
for (let i = 0; i < count; i++) {
	const [path, operation] = one(operations);
	let address = path;
	const query = [];
	for (const parameter of operation.parameters ?? []) {
		const { name, required } = parameter;
		if (parameter.in === 'path')
			address = address.replace(`{${name}}`, encodeURIComponent(value(parameter) || 'x'));
		else if (required || below(4) === 0) query.push(`${name}=${encodeURIComponent(value(parameter))}`);
	}
	address += query.length ? `?${query.join('&')}` : '';
	const response = await fetch(base + address);
	seen[response.status] = (seen[response.status] ?? 0) + 1;
	const fault = problem(response, operation, await response.text());
	if (fault && ++faults <= 20) console.log(`${address}: ${fault}`);
}
console.log(`${count} requests, ${faults} faults; ${JSON.stringify(seen)}`);
process.exit(faults ? 1 : 0);
