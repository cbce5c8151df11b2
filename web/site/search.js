// Search without a server: reads the B-tree that src/site/search writes, and ranks as the live directory does
// (src/directory/search/rank.c). Without this script the page says so and links lists.
'use strict';
(() => {
	const HEAD = '\u{10ffff}', NEAR = '\u{10fffe}', LAST = '\u{10fffd}', UNPLACED = '\u{10fffb}', NAME = '!', PAIR = ' ';
	const TERMS_MAX = 8; // words; the directory reads no more either
	const READ_MOST = 4000; // rows of a word that are read when no town is named
	const PAIR_MOST = 4; // leaves of a pair of words, the best first
	const FIRST = 10; // so many of a name are enough
	const NONE = 9, FIELD = { name: 0, further: 1, kind: 2, cuisine: 3, place: 4, street: 6, other: 7 };

	// ---- folding: directory/words/words.c ----

	const bytes = (c) => { const n = c.codePointAt(0); return n < 0x80 ? 1 : n < 0x800 ? 2 : n < 0x10000 ? 3 : 4; };
	const size = (word) => { let n = 0; for (const c of word) n += bytes(c); return n; };
	const fold = (text) => [...text.normalize('NFKD').toLowerCase().replace(/ß/g, 'ss').normalize('NFKD')
		.replace(/[\p{M}\p{Default_Ignorable_Code_Point}]/gu, '')];
	const inWord = (c) => /[\p{L}\p{N}]/u.test(c);
	const unspaced = (c) => /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/u.test(c);
	const add = (word, text, most) => {
		for (const c of text)
			if (size(word) + bytes(c) <= most && !(c === 'e' && /[aou]$/.test(word))) word += c;
		return word;
	};
	const key = (latin, text) => {
		let out = '';
		for (const c of fold(text)) if (inWord(c)) {
			const plain = latin.get(c) ?? c;
			if (size(out) + size(plain) > 60 && !/^e/.test(plain)) return out;
			out = add(out, plain, 60);
		}
		return out;
	};
	const words = (latin, text) => {
		const found = [];
		let word = '', before = '', paired = false;
		const put = (w) => { if (w && found.length < 64 && !found.includes(w)) found.push(w); };
		for (const c of [...fold(text), ' ']) {
			if (unspaced(c)) {
				put(word);
				word = '';
				if (before) put(before + c);
				paired = before !== '';
				before = c;
				continue;
			}
			if (before) {
				put(paired ? '' : before);
				word = '';
			}
			before = '';
			if (c === '\'' || c === '’') continue;
			if (inWord(c)) {
				word = add(word, latin.get(c) ?? c, 48);
			} else {
				put(word);
				word = '';
			}
		}
		return found;
	};

	// ---- the files ----

	const point = (c) => (c < 0xd800 ? c : c < 0xe000 ? c + 0x2000 : c - 0x800);
	// The order of UTF-8 bytes.
	const compare = (a, b) => {
		for (let i = 0; i < a.length && i < b.length; i++)
			if (a[i] !== b[i]) return point(a.charCodeAt(i)) - point(b.charCodeAt(i));
		return a.length - b.length;
	};
	const rowsOf = (text) => text.split('\n').slice(0, -1).map((line) => line.split('\t'));
	const parts = (text) => rowsOf(text).map(([name, continues, word, place]) => ({ name, continues, key: `${word}\t${place}` }));
	// Those of sorted parts that may have keys from `low` to `high`.
	const span = (all, low, high) => {
		let from = 0, to = 0;
		while (to < all.length && compare(all[to].key, high) <= 0) {
			if (compare(all[to].key, low) <= 0) from = to;
			to++;
		}
		while (from > 0 && all[from].continues && all[from].key === low) from--;
		return all.slice(from, to);
	};
	const unpack = async (data) => {
		const raw = new Uint8Array(data);
		// A server that takes the file for an encoding has unpacked it.
		if (raw[0] !== 0x1f || raw[1] !== 0x8b) return new TextDecoder().decode(raw);
		return new Response(new Blob([raw]).stream().pipeThrough(new DecompressionStream('gzip'))).text();
	};

	// A word without endings of plurals and cases: directory/names/phrases.c.
	const stem = (word) => {
		const cut = (...ends) => { const end = ends.find((e) => word.endsWith(e) && size(word) >= e.length + 3); if (end) word = word.slice(0, -end.length); return end; };
		if (cut('aux')) return `${word}al`;
		cut('s', 'x');
		cut('innen', 'in', 'en', 'er', 'um', 'ie', 'io', 'ia', 'e', 'i', 'a', 'o', 'u', 'y');
		cut('s', 'z', 'x');
		return word.replace(/([cg])h$/, '$1').replace(/(.)\1+/gu, '$1');
	};

	// load(path): a promise of the file's bytes.
	async function open(load) {
		const root = JSON.parse(await unpack(await load('s/root.bin')));
		const latin = new Map(rowsOf(root.latin));
		const k = (text) => key(latin, text);
		const group = (map, at, value) => { map.has(at) ? map.get(at).push(value) : map.set(at, [value]); };
		const phrases = new Map(), stems = new Map(), towns = new Map(), regions = new Map(), other = new Map(), countries = new Map(), in_country = new Map();
		for (const [phrase, what, of] of rowsOf(root.phrases)) { group(phrases, phrase, what); group(stems, of ?? stem(phrase), what); }
		const inTowns = new Map();
		for (const [name, n] of rowsOf(root.towns)) {
			towns.set(k(name), (towns.get(k(name)) ?? 0) + +n);
			const all = words(latin, name);
			for (const word of all) group(inTowns, word, { key: k(name), words: all });
		}
		for (const [name, country, n] of rowsOf(root.regions)) {
			regions.set(k(name), (regions.get(k(name)) ?? 0) + +n);
			in_country.set(country, (in_country.get(country) ?? 0) + +n);
		}
		for (const [code, names] of rowsOf(root.aliases)) {
			const keys = names.split(';').map(k);
			for (const one of keys) code ? countries.set(one, code) : keys.forEach((o) => o !== one && group(other, one, o));
		}
		const kinds = new Map(rowsOf(root.kinds).map(([id, label, group]) => [id, { label, group }]));
		const index = {
			latin, phrases, stems, towns, inTowns, regions, other, countries, in_country, kinds, key: k, words: (text) => words(latin, text),
			wishes: new Map(rowsOf(root.wishes ?? '')), cuisines: new Map(rowsOf(root.cuisines ?? '')),
			served: new Set(rowsOf(root.served ?? '').map(([c]) => c)),
			fillers: new Set(rowsOf(root.fillers).map(([w]) => w)), common: new Map(rowsOf(root.common).map(([w, n]) => [w, +n])),
			pairs: root.pairs, fences: parts(root.fences), leaves: parts(root.leaves), kept: new Map(), requests: 0, bytes: 0,
		};
		const file = (name, parse) => {
			if (!index.kept.has(name)) {
				index.requests++;
				index.kept.set(name, load(`s/${name[9]}/${name}.bin`).then((data) => { index.bytes += data.byteLength; return unpack(data); }).then(parse));
			}
			return index.kept.get(name);
		};
		const leaf = (text) => {
			const groups = [];
			for (const line of text.split('\n').slice(0, -1))
				line[0] === '=' ? groups.push({ key: line.slice(1), lines: [] }) : groups[groups.length - 1].lines.push(line);
			return groups;
		};
		// Groups with keys from low to high, out of `most` leaves.
		index.range = async (low, high, most = 64) => {
			const fences = await Promise.all(span(index.fences, low, high).slice(0, most).map((f) => file(f.name, parts)));
			const leaves = await Promise.all(span([...index.leaves, ...fences.flat()], low, high).slice(0, most).map((l) => file(l.name, leaf)));
			return leaves.flat().filter((g) => compare(g.key, low) >= 0 && compare(g.key, high) <= 0);
		};
		return index;
	}

	const slug = (text) => text.toLowerCase().replace(/'/g, '').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
	const row = (line) => {
		const [quality, kind, name, at, street = '', postcode = '', city = '', kinds = '', further = '', serves = ''] = line.split('\t');
		const [id, file, folder] = at.split(':'), whole = at.endsWith('.html');
		return { quality: +quality, kind, name, street, postcode, city, id: whole ? at.slice(-18, -5) : id,
			path: whole ? at : `${folder || slug(city)}/${file || slug(name)}-${id}.html`,
			kinds: kinds ? kinds.split('\x1f') : [], further: further ? further.split('\x1f') : [],
			serves: serves ? serves.split('\x1f') : [] };
	};
	const rows = async (index, low, high, most) => (await index.range(low, high, most)).flatMap((g) => g.lines.map(row));
	const ofWord = (index, word, places) => (places
		? Promise.all(places.map((p) => rows(index, `${word}\t${p}`, `${word}\t${p}`))).then((all) => all.flat())
		: rows(index, `${word}\t`, `${word}\t${NEAR}`));
	// Names that are what was typed, the best first, and that begin with it.
	const ofName = (index, key) => (key ? rows(index, `${NAME}${key}\t`, `${NAME}${key}${LAST}`, 2) : []);

	// ---- what was typed: directory/search/named.c ----

	const letters = (word) => [...word].length;
	const ENDINGS = 's= es= n= en= e= er= x= i= i=o i=e i=io e=a u=a ies=y as=a se= nen= a=o'.split(' ').map((e) => e.split('='));
	const SAINTS = ['st', 'sankt', 'saint', 'sainte', 'ste', 'san'];
	const meanings = (index, words) => {
		const phrase = words.join('');
		const read = (at, map = index.phrases) => {
			const all = map.get(at) ?? [], further = /\+$/.test(all[0] ?? '');
			return [...new Set(all.filter((m) => /\+$/.test(m) === further).map((m) => m.replace('+', '')))].slice(0, 4);
		};
		let found = read(phrase);
		for (const [ending, instead] of ENDINGS)
			if (!found.length && phrase.endsWith(ending) && phrase.length >= ending.length + 4)
				found = read(phrase.slice(0, phrase.length - ending.length) + instead);
		for (const one of [words.map(stem).join(''), stem(phrase)])
			if (!found.length && size(one) >= 4) found = read(one, index.stems);
		return found;
	};
	// Other names of the kind that begin with the same letters: "pizzeria" for "pizza".
	const related = (index, word, meaning) => {
		const begin = [...word].slice(0, 4).join('');
		if (letters(begin) < 4 || meaning[0] !== 'c') return [];
		return [...index.phrases].filter(([k, all]) => k !== word && k.startsWith(begin)
			&& all.some((m) => m.replace('+', '') === meaning)).map(([k]) => k).slice(0, 8);
	};
	const placeOf = (index, terms) => {
		const joined = index.key(terms.map((t) => t.word).join('')), keys = [joined];
		if (terms.length > 1 && SAINTS.includes(terms[0].word))
			keys.push(...SAINTS.map((s) => index.key(s + terms.slice(1).map((t) => t.word).join(''))));
		for (const one of [...keys]) keys.push(...index.other.get(one) ?? []);
		const long = [...new Set(keys)].filter((one) => letters(one) >= 3);
		const sum = (map) => long.reduce((n, one) => n + (map.get(one) ?? 0), 0);
		const code = long.map((one) => index.countries.get(one)).find((c) => c);
		const town = sum(index.towns), wider = Math.max(sum(index.regions), index.in_country.get(code) ?? 0);
		if (!town && !wider) return null;
		return { wider, wide: wider > 0 && (!town || wider > 100 * town), keys: long.filter((one) => index.towns.has(one)) };
	};
	// Words that ask for what is open, near or not wanted (directory/names/wishes.def) are not looked for.
	const readWishes = (index, q, terms) => {
		for (let i = 0; i < terms.length; i++)
			for (let n = 5, found; n > 0 && !found; n--) {
				found = i + n <= terms.length && index.wishes.get(terms.slice(i, i + n).map((t) => t.word).join(' '));
				if (found) { terms.slice(i, i + n).forEach((t) => { t.asks = found; }); i += n - 1; }
			}
		const telling = terms.filter((t) => !t.filler && !t.asks).length, open = terms.some((t) => t.asks === 'o');
		const minus = new Set(q.split(/\s+/).filter((p) => /^-./.test(p)).map((p) => index.key(p)));
		terms.forEach((t, i) => {
			const not = !t.filler && !t.asks && telling > 1 && (terms[i - 1]?.asks === 'x' || minus.has(t.word));
			if (not && terms[i - 1]?.asks === 'x') terms[i - 1].wish = true;
			if (not || t.asks === 'o' || (open && /[tw]/.test(t.asks ?? '')) || (t.asks === 'n' && (telling || open))) t.wish = true;
		});
	};
	// Words for cuisines, with German endings (directory/names/cuisines.c), that some business serves.
	const readCuisines = (index, terms) => {
		terms.forEach((t, i) => {
			const ending = ['', 'e', 'er', 'es', 'en', 'em', 's'].find((e) => t.word.endsWith(e)
				&& (!e || size(t.word) >= 4 + e.length) && index.cuisines.get(t.word.slice(0, t.word.length - e.length)));
			const named = ending === undefined ? '' : index.cuisines.get(t.word.slice(0, t.word.length - ending.length));
			if (!index.served.has(named || t.word) || /^(in|en)$/.test(terms[i - 1]?.word ?? '')) return;
			Object.assign(t, { serves: named || t.word, cuisine: named !== '' });
		});
		terms.forEach((t, i) => {
			if (index.cuisines.get(t.word) === '' && (terms[i - 1]?.cuisine || terms[i + 1]?.cuisine)) t.filler = true;
		});
	};
	const understand = (index, q) => {
		const terms = index.words(q).slice(0, TERMS_MAX).map((word) => ({ word, filler: index.fillers.has(word) }));
		readWishes(index, q, terms);
		readCuisines(index, terms);
		for (const t of terms) if (t.wish) t.filler = true;
		if (terms.every((t) => t.filler)) terms.forEach((t) => { t.filler = !!t.wish; });
		const plain = terms.filter((t) => !t.wish);
		if (plain.length) plain[plain.length - 1].last = true;
		// What is written in one or in two: "A/S", "AS".
		terms.slice(1).forEach((t, i) => {
			const both = index.key(terms[i].word + t.word);
			for (const one of [terms[i], t]) (one.joined ??= []).push(both);
		});
		const typed = { terms, key: index.key(q), meanings: [], place: null };
		for (let n = 5; n > 0 && !typed.meanings.length; n--)
			for (let i = 0; i + n <= terms.length && !typed.meanings.length; i++) {
				if (terms[i].filler || terms[i + n - 1].filler || terms.slice(i, i + n).some((t) => t.cuisine)) continue;
				typed.meanings = meanings(index, terms.slice(i, i + n).map((t) => t.word));
				if (typed.meanings.length) terms.slice(i, i + n).forEach((t) => { t.kind = true; });
				if (typed.meanings.length && n === 1) terms[i].related = related(index, terms[i].word, typed.meanings[0]);
			}
		for (const t of terms)
			if (!t.filler && !t.kind && !t.cuisine && typed.meanings[0]?.[0] === 'c') t.kind = meanings(index, [t.word]).includes(typed.meanings[0]);
		for (const t of terms)
			if (t.asks === 't' && !t.kind && typed.meanings.length) t.wish = t.filler = true;
		for (let n = 5; n > 0 && !typed.place; n--)
			for (let end = terms.length; end >= n && !typed.place; end--) {
				const some = terms.slice(end - n, end);
				if (some.some((t) => t.kind || t.cuisine) || (n === 1 && some[0].filler)) continue;
				typed.place = placeOf(index, some);
				if (typed.place) some.forEach((t) => { t.place = true; });
			}
		typed.others = terms.filter((t) => !t.filler && !t.kind && !t.place);
		return typed;
	};

	// ---- ranking: directory/search/rank.c ----

	const isOfKind = (index, typed, r) => typed.meanings.some((m) => (m[0] === 'c'
		? r.kind === m.slice(1) || r.kinds.includes(m.slice(1)) : index.kinds.get(r.kind)?.group === m.slice(1)));
	const judge = (index, typed, r) => {
		const name = index.words(r.name), used = new Set(), town = typed.place?.keys.includes(index.key(r.city));
		const sheets = [['name', name], ['further', r.further.flatMap(index.words)],
			['place', [...index.words(r.city), ...index.words(r.postcode)]], ['street', index.words(r.street)]];
		const whole = index.key(r.name) === typed.key, starts = index.key(r.name).startsWith(typed.key);
		Object.assign(r, { whole, starts, begins: false, degree: 0, field: 0, extra: 0, missed: 0, byName: true, byAlias: false });
		for (const t of typed.terms) {
			let degree = NONE, field = FIELD.other, at = '';
			const look = ([where, list]) => {
				for (const w of list) {
					const d = w === t.word || t.joined?.includes(w) ? 0 : (t.last && w.startsWith(t.word)) || t.related?.includes(w) ? 1 : t.near?.includes(w) ? 2 : NONE;
					if (d < degree) { degree = d; field = FIELD[where]; at = w; }
				}
			};
			look(sheets[0]);
			look(sheets[1]);
			if (degree > (typed.others.length ? 0 : 1) && t.kind && isOfKind(index, typed, r)) { degree = 0; field = FIELD.kind; }
			look(sheets[2]);
			look(sheets[3]);
			if (field === FIELD.name) used.add(at);
			if (degree === NONE && t.filler) { r.missed++; continue; }
			if (degree === NONE && !t.kind && r.serves.includes(t.serves)) { degree = 0; field = FIELD.cuisine; }
			if (degree === NONE && t.place && town) { degree = 0; field = FIELD.place; r.byAlias = true; }
			if (degree === NONE && !whole && !starts) return false;
			r.degree += degree;
			r.field += field;
			r.byName = r.byName && (!t.kind || field === FIELD.name);
		}
		const short = starts && !whole && typed.terms[typed.terms.length - 1].word.length <= 2;
		r.begins = short && r.degree > 0;
		r.exact = r.degree === 0 || short;
		if (whole) r.degree = r.field = 0;
		else if (short) r.degree = 0;
		else if (starts && r.degree > 1) r.degree = 1;
		r.extra = whole || (short && name[0] === typed.key) ? 0
			: name.filter((w) => !used.has(w) && !index.fillers.has(w)).length + short;
		r.named = (!typed.meanings.length || r.kind === '0' || isOfKind(index, typed, r)) && (!typed.place || typed.place.wide || town);
		return true;
	};
	const byQuality = (a, b) => b.quality - a.quality || compare(b.id, a.id);
	const byRank = (a, b) => b.whole - a.whole || a.degree - b.degree || (a.degree && b.starts - a.starts) || !b.extra - !a.extra
		|| b.starts - a.starts || a.field - b.field || a.missed - b.missed || a.extra - b.extra || byQuality(a, b);
	// So many of those that match as typed are ranked: statement text_head.
	const CANDIDATES = 150;
	const ranked = (index, typed, list) => {
		const inName = (r) => typed.terms.every((t) => [r.name, ...r.further].flatMap(index.words).includes(t.word));
		const exact = list.filter((r) => r.exact && !r.whole);
		if (exact.length > CANDIDATES) {
			for (const r of exact) Object.assign(r, { all: inName(r), long: letters(index.key(r.name)) });
			exact.sort((a, b) => b.all - a.all || a.long - b.long || byQuality(a, b));
			const cut = new Set(exact.slice(CANDIDATES).filter((r) => !r.starts));
			list = list.filter((r) => !cut.has(r));
		}
		// Beside enough of the name three of each that begins with it: statement text_names.
		if (list.length >= 5 && list.some((r) => r.whole)) {
			const count = new Map(), three = (k) => count.set(k, (count.get(k) ?? 0) + 1).get(k) <= 3;
			list = list.sort(byQuality).filter((r) => !r.begins || three(index.key(r.name)));
		}
		return list.sort(byRank);
	};
	const unique = (list) => [...new Map(list.map((r) => [r.path, r])).values()];

	// ---- typing errors: one letter more, less, another, or two exchanged ----

	const deletions = (word) => [...word].map((_, i, all) => [...all.slice(0, i), ...all.slice(i + 1)].join(''));
	const near = async (index, word) => {
		if (letters(word) < 3 || /\d/.test(word) || index.common.has(word)) return [];
		const groups = await Promise.all([word, ...deletions(word)].map((d) => index.range(`${NEAR}${d}\t`, `${NEAR}${d}\t`, 2)));
		const found = [...new Set(groups.flat().flatMap((g) => g.lines))];
		const one = (w) => {
			const a = [...word], b = [...w];
			if (a.length !== b.length) return Math.abs(a.length - b.length) === 1;
			const wrong = a.map((c, i) => (c !== b[i] ? i : -1)).filter((i) => i >= 0);
			return wrong.length === 1 || (wrong.length === 2 && wrong[1] === wrong[0] + 1 && a[wrong[0]] === b[wrong[1]] && a[wrong[1]] === b[wrong[0]]);
		};
		const count = (w) => index.common.get(w) ?? 0;
		return found.filter(one).sort((a, b) => count(b) - count(a) || compare(a, b)).slice(0, 4);
	};

	// ---- answers ----

	// A kind in a town: names that say so, then the list by quality.
	const listed = async (index, typed) => {
		const kind = typed.meanings[0].replace('c', ''), places = typed.place.keys;
		const count = (t) => index.common.get(t.word) ?? 0, rarest = (a, b) => count(a) - count(b) || b.word.length - a.word.length;
		// Such names have all words of the kind: one leads to them.
		const [telling] = typed.terms.filter((t) => t.kind && !t.filler).sort(rarest);
		const [names, named, list] = await Promise.all([
			telling ? ofWord(index, telling.word, places) : [], ofName(index, typed.key), ofWord(index, `@${kind}`, places)]);
		const main = (r) => typed.meanings.includes(`c${r.kind}`);
		// All words of the place must be in the row, too: one that "SF" leads to has not "SF".
		const told = unique([...names, ...named, ...list]).filter((r) => judge(index, typed, r) && (!r.byAlias || r.whole || r.starts));
		const head = ranked(index, typed, told).filter((r) =>
			r.whole || (((r.degree === 0 || (r.degree === 1 && main(r))) && r.byName) || r.starts) && r.named);
		return unique([...head, ...list.sort(byQuality)]);
	};
	const byName = async (index, typed) => {
		const places = typed.place && !typed.place.wide ? typed.place.keys : null;
		const count = (w) => index.common.get(w) ?? 0;
		const served = typed.others.find((t) => t.serves), food = served && `~${served.serves}`;
		if (food) {
			const most = (word) => !places && count(word) > READ_MOST;
			const lists = await Promise.all([food, served.word].map((w) => (most(w) ? rows(index, `${w}\t${HEAD}`, `${w}\t${HEAD}`) : ofWord(index, w, places))));
			return { list: unique(lists.flat()).filter((r) => judge(index, typed, r)), beyond: most(food) ? 'town' : '' };
		}
		// Words of towns come last: many businesses have them in their addresses, few in their names.
		const words = typed.others.map((t) => t.word).sort((a, b) => index.inTowns.has(a) - index.inTowns.has(b) || count(a) - count(b) || b.length - a.length);
		// What is written in one, mostly the first two: "biohofladen".
		const joined = [...new Set(typed.others.flatMap((t) => t.joined ?? []))].filter((w) => w !== typed.key && (places || !count(w))).slice(0, 1);
		const names = (await ofName(index, typed.key)).filter((r) => judge(index, typed, r));
		if (names.filter((r) => r.whole).length >= FIRST) return { list: names };
		const found = async (lists) => ({ list: unique([...names, ...(await Promise.all(lists)).flat().filter((r) => judge(index, typed, r))]) });
		const own = words.filter((w) => !index.inTowns.has(w)), first = own.length ? own.slice(0, 1) : words.slice(0, 2);
		if (places) return found([...first, ...joined].map((w) => ofWord(index, w, count(w) ? places : null)));
		// A town that was not told from the text, because its words are of a kind, too, or typed twice.
		const typedSo = (t) => t.words.every((w) => typed.terms.some((o) => o.word === w));
		const within = typed.terms.flatMap((t) => (typed.place ? [] : index.inTowns.get(t.word) ?? [])).filter(typedSo)
			.sort((a, b) => b.words.length - a.words.length)[0];
		const beside = within ? words.filter((w) => !within.words.includes(w)).slice(0, 1) : [];
		const lists = beside.map((w) => ofWord(index, w, [within.key])), many = (w) => count(w) > index.pairs && !index.fillers.has(w);
		const read = (a, b) => { const [one, other] = /^@/.test(b) || compare(a, b) < 0 ? [a, b] : [b, a], pair = `${one}${PAIR}${other}\t`; return rows(index, pair, pair, PAIR_MOST); };
		const pairs = words.filter(many).flatMap((a, i, all) => all.slice(i + 1).map((b) => [a, b]));
		const kinds = typed.meanings.every((m) => m[0] === 'c') ? typed.meanings.map((m) => `@${m.slice(1)}`) : [];
		if (first.every((w) => count(w) <= index.pairs)) lists.push(...first.map((w) => ofWord(index, w)));
		// All words are in many names: pairs of them, or of one and the kind.
		else if (pairs.length) lists.push(read(...pairs[0]));
		else if (kinds.length && many(words[0])) {
			const [told] = typed.terms.filter((t) => t.kind && !t.filler).map((t) => t.word);
			lists.push(...kinds.map((k) => read(words[0], k)), many(told) ? read(words[0], told) : ofWord(index, told));
		} else if (count(words[0]) <= READ_MOST) lists.push(ofWord(index, words[0]));
		if (lists.length) return found([...lists, ...joined.map((w) => ofWord(index, w))]);
		return { ...await found([rows(index, `${words[0]}\t${HEAD}`, `${words[0]}\t${HEAD}`)]), beyond: 'town' };
	};
	const begun = async (index, typed) => {
		const last = typed.others.find((t) => t.last);
		if (!last || (letters(last.word) < 3 && typed.terms.length === 1)) return [];
		return unique(await rows(index, `${last.word}0`, last.word + LAST, 3)).filter((r) => judge(index, typed, r));
	};

	// { list: best first, beyond: '' | 'town' (add one) | 'place' | 'kind' (not answered here), corrected }
	async function find(index, q) {
		const typed = understand(index, q), answer = await answerTo(index, typed);
		const beside = typed.terms.some((t) => t.wish) && !answer.list[0]?.whole;
		return beside ? { ...answer, beyond: answer.beyond || 'kind' } : answer;
	}
	async function answerTo(index, typed) {
		if (!typed.terms.length) return { list: [], beyond: '' };
		const wide = typed.place?.wide;
		if (!typed.others.length && typed.meanings.length && typed.place && !wide) {
			const list = await listed(index, typed);
			if (list.length) return { list, beyond: '' };
			// Nothing there: a region of the town's name, or a name of these words.
			if (typed.place.wider) return { list, beyond: 'place' };
			for (const t of typed.terms) t.kind = t.place = false;
			Object.assign(typed, { meanings: [], place: null, others: typed.terms.filter((t) => !t.filler) });
		}
		if (!typed.others.length) {
			// Of a kind or a place alone, and of a kind in a region, only names are answered.
			const names = unique(await ofName(index, typed.key)).filter((r) => judge(index, typed, r) && (r.whole || r.starts)).sort(byRank);
			// "EL SUR San Francisco": names of nothing but words that join others.
			const rest = typed.terms.filter((t) => !t.place && !t.wish).map((t) => t.word), joined = index.key(rest.join(''));
			if (!typed.meanings.length && !wide && typed.place && rest.length)
				names.unshift(...unique(await ofWord(index, rest[0], typed.place.keys)).filter((r) => index.key(r.name) === joined));
			const id = typed.meanings[0]?.[0] === 'c' && !typed.place ? typed.meanings[0].slice(1) : '';
			const best = id ? await rows(index, `@${id}\t${HEAD}`, `@${id}\t${HEAD}`) : [];
			const all = id && !best.length ? await ofWord(index, `@${id}`) : best;
			return { list: unique([...names, ...all.sort(byQuality)]), beyond: typed.meanings.length ? 'town' : 'kind', kind: id };
		}
		let { list, beyond = '' } = await byName(index, typed), corrected = false;
		const places = typed.place && !wide ? typed.place.keys : null;
		if (list.length < FIRST && !beyond && !list.some((r) => r.whole)) list = unique([...list, ...await begun(index, typed)]);
		if (!list.length && !beyond && !places && typed.meanings.length) {
			// A town that is no place of the directory, because its country is not known.
			const town = index.key(typed.others.map((t) => t.word).join('')), kind = typed.meanings[0].replace('c', '');
			list = unique(await ofWord(index, `@${kind}`, [UNPLACED + town])).filter((r) => judge(index, typed, r));
		}
		if (!list.length && !beyond) {
			for (const t of typed.others) t.near = await near(index, t.word);
			const words = [...new Set(typed.others.flatMap((t) => t.near))].slice(0, 4);
			const some = words.filter((w) => places || (index.common.get(w) ?? 0) <= READ_MOST);
			list = unique((await Promise.all(some.map((w) => ofWord(index, w, index.common.has(w) ? places : null)))).flat())
				.filter((r) => judge(index, typed, r));
			corrected = list.length > 0;
		}
		// What begins with one or two letters is too much, and rows do not say their regions.
		if (typed.terms.length === 1 && letters(typed.terms[0].word) < 3) beyond ||= 'kind';
		if (places && typed.others.every((t) => placeOf(index, [t])?.wider)) beyond ||= 'place';
		return { list: ranked(index, typed, list), beyond: beyond || (wide ? 'place' : ''), corrected };
	}

	if (typeof document === 'undefined') {
		globalThis.siteSearch = { open, find, understand, judge, key, words };
		return;
	}

	// ---- the page ----

	const box = document.querySelector('[data-search]');
	if (!box || !globalThis.DecompressionStream) return;
	const said = box.dataset, base = said.search, input = box.querySelector('input[name=q]');
	const load = async (path) => {
		const answer = await fetch(`${base}/${path}`, path.endsWith('root.bin') ? { cache: 'no-cache' } : {});
		if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
		return answer.arrayBuffer();
	};
	const element = (name, text, more = {}) => Object.assign(document.createElement(name), { textContent: text }, more);
	let index = null;
	const item = (r) => {
		const li = element('li', ''), h2 = element('h2', '');
		h2.append(element('a', r.name, { href: `${base}/${r.path}` }));
		const where = [r.street, [r.postcode, r.city].filter(Boolean).join(' ')].filter(Boolean).join(', ');
		li.append(h2, element('p', [index.kinds.get(r.kind)?.label, where].filter(Boolean).join(' · '), { className: 'where' }));
		return li;
	};
	const show = async (q, id) => {
		const out = document.getElementById('results'), list = element('ol', '', { className: 'found' });
		out.replaceChildren(element('p', said.busy, { className: 'note' }));
		let answer;
		for (let turn = 0; !answer; turn++) {
			try {
				index ??= await open(load);
				answer = await find(index, q);
			} catch (error) {
				index = null; // the site was published again since the root was read
				if (turn) { out.replaceChildren(element('p', said.failed, { className: 'note' })); return; }
			}
		}
		const found = answer.list.slice(0, 40);
		const same = id ? answer.list.find((r) => r.id === id) : null;
		if (same) found.splice(0, found.length, same);
		if (id && !same) { out.replaceChildren(); return; }
		list.append(...found.map(item));
		const notes = [];
		if (!found.length && !answer.beyond) notes.push(said.none);
		if (answer.beyond) notes.push(answer.beyond === 'town' ? said.town : said.beyond);
		out.replaceChildren(...notes.map((n) => element('p', n, { className: 'note' })), ...(found.length ? [list] : []));
		if (said.live && (answer.beyond || !found.length)) {
			const link = element('a', said.live_text, { href: `${said.live}?q=${encodeURIComponent(q)}` });
			out.append(element('p', ''));
			out.lastChild.append(link);
		}
	};
	const without = document.querySelector('[data-no-script]');
	if (without) without.hidden = true;
	box.hidden = false;
	if (box.hasAttribute('data-missing')) {
		// An address that leads nowhere: its words, and the business by the id at its end.
		const path = decodeURIComponent(location.pathname.slice(base.length)), id = path.match(/-([0-9a-z]{13})(?:\.html)?$/);
		input.value = path.replace(/\.html?$|-[0-9a-z]{13}(?:\.html)?$/g, '').split('/').pop().replace(/[-_+.]+/g, ' ').trim();
		if (id && input.value) show(input.value, id[1]).catch(() => {});
		return;
	}
	input.value = new URLSearchParams(location.search).get('q') ?? '';
	if (input.value.trim()) show(input.value);
})();
