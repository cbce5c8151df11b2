// A third opinion on blocks: the TypeScript compiler with schema-dts, whose types are schema.org's. A property that
// a type does not have, or a value of another kind, is an error of type.
//   typecheck.mjs <blocks
// A JSON block a line; prints "LINE: message" for each error, and how many blocks there were.
// A thing of several types is checked as each of them: a property that one of them has is allowed. Types tell apart
// kinds of values and names of enumerations, not texts: of properties that are alike in that the first is checked.
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const blocks = fs.readFileSync(0, 'utf8').split('\n').filter(Boolean).map(text => JSON.parse(text));
const free = new Set(['name', 'alternateName', 'legalName', 'description', 'streetAddress', 'addressLocality',
	'addressRegion', 'postalCode']);
const is_name = (text) => /^(?:https?:\/\/schema\.org\/)?[A-Z]\w*$/.test(text);
const shape = (value, key = '') => {
	if (Array.isArray(value)) {
		const shapes = value.map((v) => shape(v, key));
		return [...new Map(shapes.map((v) => [JSON.stringify(v), v])).values()];
	}
	if (value && typeof value === 'object')
		return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, shape(v, k)]));
	if (typeof value === 'number') return 1;
	const kept = key === '@type' || key === '@context' || (is_name(value) && !free.has(key));
	return typeof value === 'string' && !kept ? 'text' : value;
};
// A property is right or wrong by its block's types alone: of each block those that no block before had so.
const alike = new Set(); // types, property and shape that there are already
const different = [];
for (const [n, block] of blocks.entries()) {
	let news = 0;
	const kept = Object.entries(shape(block)).filter(([key, value]) => {
		const text = JSON.stringify([block['@type'], key, value]), is_new = !alike.has(text);
		alike.add(text);
		news += is_new;
		return is_new || key === '@type' || key === '@context';
	});
	if (news) different.push({ n: n + 1, block: Object.fromEntries(kept) });
}
// Inside a block only the first type is looked at; the block itself is written once for each of its types.
const single = (value) =>
	Array.isArray(value)
		? value.map(single)
		: value && typeof value === 'object'
			? Object.fromEntries(
					Object.entries(value).map(([key, v]) => [key, key === '@type' ? [v].flat()[0] : single(v)]),
				)
			: value;
const written = different.flatMap(({ n, block }) =>
	[block['@type']]
		.flat()
		.map((type, k, types) => ({ n, of: types.length, block: { ...single(block), '@type': type } })),
);
// Of the types of pages and of businesses the one that is named so; none of that name is an error.
const types = 'BreadcrumbList | ItemList | LocalBusiness | Organization | WebSite';
const source =
	`import type { ${types.replaceAll(' |', ',')}, WithContext } from 'schema-dts';\n` +
	`type Named<N> = WithContext<Extract<${types}, { '@type': N }>>;\n` +
	written
		.map(({ block }, n) =>
			`export const b${n}: Named<${JSON.stringify(block['@type'])}> = ${JSON.stringify(block)};\n`)
		.join('');
const name = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), 'blocks.ts');
const options = {
	strict: true,
	noEmit: true,
	module: ts.ModuleKind.NodeNext,
	moduleResolution: ts.ModuleResolutionKind.NodeNext,
	target: ts.ScriptTarget.ES2022,
	lib: ['lib.es5.d.ts'],
	types: [],
	skipLibCheck: true,
};
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists, readFile } = host;
host.getSourceFile = (file, ...rest) =>
	file === name ? ts.createSourceFile(file, source, options.target) : getSourceFile.call(host, file, ...rest);
host.fileExists = (file) => file === name || fileExists.call(host, file);
host.readFile = (file) => (file === name ? source : readFile.call(host, file));
const said = new Map(); // "block: what" -> of how many of its types
for (const d of ts.getPreEmitDiagnostics(ts.createProgram([name], options, host))) {
	const line = d.file?.fileName === name ? d.file.getLineAndCharacterOfPosition(d.start).line : 0;
	const { n, of } = written[line - 2] ?? { n: 0, of: 1 };
	const text = ts.flattenDiagnosticMessageText(d.messageText, '\n').split('\n').at(-1);
	const key = `${n}: ${of > 1 ? text.replace(/ in type .*/, '') : text}`;
	said.set(key, (said.get(key) ?? 0) + 1);
	if (said.get(key) === of) console.log(key);
}
console.log(`${blocks.length} blocks`);
