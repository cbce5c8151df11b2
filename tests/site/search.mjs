// The script of an exported site's search over the files of a folder, without a browser. A JSON text a line:
//   {"fold": TEXT}    gives the words and the key of a text
//   {"q": TEXT}       gives the best rows, what was read for them, and with a member "live" how they compare with
//                     the answer of the live directory:
//   node search.mjs FOLDER [http://HOST:PORT] < queries > answers
// With a member "id" it says only "unpublished" when that business has no page.
// The two are the same when the ids that have all that was typed are the same in the first ten, in the same order;
// businesses without a page in the folder are not counted. What follows those (the directory's further corrections
// and words that are left out) has not all that was typed; that is checked, too.
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';

const [folder, directory] = process.argv.slice(2), FIRST = 10;
new Function(readFileSync(`${folder}/assets/search.js`, 'utf8'))();
const { open, find, understand, judge, key, words } = globalThis.siteSearch;
const load = (path) => readFile(`${folder}/${path}`);
const root = await load('s/root.bin');

// Whether it has all that was typed.
function complete(index, typed, b) {
	const kind = [...index.kinds].find(([, k]) => k.label === b.category?.label)?.[0] ?? '0';
	const row = { name: b.name, path: b.id, id: b.id, kind, kinds: [], further: [], serves: [],
		quality: b.quality_score ?? 0, street: b.address.street ?? '',
		postcode: b.address.postcode ?? '', city: b.address.city ?? '' };
	return judge(index, typed, row) && (row.exact || row.whole);
}

async function compare(index, q, answer) {
	const response = await fetch(`${directory}/v1/businesses?limit=100&q=${encodeURIComponent(q)}`);
	if (!response.ok) throw new Error(`${q}: ${response.status} ${await response.text()}`);
	const { businesses } = await response.json();
	const typed = understand(index, q);
	const listed = !typed.others.length && typed.place && typed.meanings.length;
	const rows = listed ? answer.list : answer.list.filter((r) => r.exact || r.whole);
	const ours = rows.slice(0, FIRST).map((r) => r.id);
	const theirs = businesses.filter((b) => paged(b.id)).slice(0, FIRST);
	const same = ours.every((id, i) => id === theirs[i]?.id);
	const missed = theirs.slice(ours.length).filter((b) => listed || complete(index, typed, b)).map((b) => b.id);
	return { same: same && !missed.length, ours, missed, theirs: theirs.map((b) => `${b.id} ${b.name} ${b.matched}`) };
}
// Businesses that the search has, by the ids at the end of their addresses.
const ids = new Set();
for (const one of readdirSync(`${folder}/s`, { recursive: true }).filter((f) => /\w{10}\.bin$/.test(f)))
	for (const line of gunzipSync(readFileSync(`${folder}/s/${one}`)).toString().split('\n'))
		ids.add(line.split('\t')[3]?.match(/^[0-9a-z]{13}(?=:|$)|[0-9a-z]{13}(?=\.html$)/)?.[0]);
const paged = (id) => ids.has(id);

const index = await open(load);
for await (const line of createInterface({ input: process.stdin })) {
	const { q, fold, id, live } = JSON.parse(line);
	if (id !== undefined && !paged(id)) {
		console.log('{"unpublished":true}');
		continue;
	}
	index.kept.clear(); // each query is the first one
	index.requests = index.bytes = 0;
	if (fold !== undefined) {
		console.log(JSON.stringify({ words: words(index.latin, fold), key: key(index.latin, fold) }));
		continue;
	}
	const answer = await find(index, q);
	console.log(JSON.stringify({
		q, beyond: answer.beyond, corrected: !!answer.corrected, requests: index.requests, bytes: index.bytes,
		root: root.length, found: answer.list.length,
		rows: answer.list.slice(0, FIRST).map((r) => ({ id: r.id, path: r.path, name: r.name })),
		...live ? await compare(index, q, answer) : {},
	}));
}
