// node reference.mjs TEXTS OURS: each line of TEXTS as the npm package opening_hours has it, beside what `evaluate`
// printed for the same line, in steps of 15 minutes from 2026 to the end of 2027. One line of JSON for each text
// that the package accepts.
import fs from 'node:fs';
import OpeningHours from 'opening_hours';

const place = { lat: '47.4', lon: '8.5', address: { country_code: 'ch', state: '' } };
const from = Number(process.argv[4]), to = Number(process.argv[5]), step = 900;
const coarse = to - from > 400 * 86400 ? 4 : 8; // steps
const lines = path => fs.readFileSync(path, 'utf8').split('\n');
const ours = lines(process.argv[3]);

// The state at every step. Asked for intervals the package takes the sun of the day before, as its search begins at
// midnight; so texts with the sun are asked step by step, which is 2 000 times slower: at every second hour (of two
// years: at every hour) and around each change that either side has; the steps between equal states have that state.
function statesBySun(oh, runs) {
	const last = (to - from) / step - 1, all = Array(last + 1);
	const ask = i => all[i] ??= oh.getStateString(new Date((from + i * step) * 1000), true);
	const around = new Set(runs.map(([at]) => Math.floor((at - from) / step)).flatMap(i => [i, i + 1]));
	let before = 0;
	ask(0);
	for (let i = 1; i <= last; i++) {
		if (i % coarse && i !== last && !around.has(i)) continue;
		if (ask(i) === all[before]) all.fill(all[before], before + 1, i);
		else for (let n = before + 1; n < i; n++) ask(n);
		before = i;
	}
	return all;
}

function states(oh, text, runs) {
	if (/sunrise|sunset|dawn|dusk/.test(text)) return statesBySun(oh, runs);
	const all = [];
	const intervals = oh.getOpenIntervals(new Date(from * 1000), new Date(to * 1000));
	let i = 0;
	for (let at = from; at < to; at += step) {
		while (i < intervals.length && intervals[i][1] <= at * 1000) i++;
		all.push(
			i < intervals.length && intervals[i][0] <= at * 1000 ? (intervals[i][2] ? 'unknown' : 'open') : 'closed',
		);
	}
	return all;
}

// "understood state time:state time:state ..."; what is not understood is unknown.
function mine(line) {
	if (line.startsWith('-')) return [[from, 'unknown']];
	const [, first, ...changes] = line.split(' ');
	return [[from, first], ...changes.map(c => { const [at, state] = c.split(':'); return [Number(at), state]; })];
}

for (const [n, text] of lines(process.argv[2]).entries()) {
	let theirs, oh;
	if (!text) continue;
	const runs = mine(ours[n]);
	try {
		oh = new OpeningHours(text, place, { mode: 0, locale: 'en' });
		theirs = states(oh, text, runs);
	} catch {
		continue; // not accepted, or not to be evaluated: school holidays that it does not have
	}
	let differs = 0, where = '', m = 0;
	for (const [i, state] of theirs.entries()) {
		const at = from + i * step;
		while (m + 1 < runs.length && runs[m + 1][0] <= at) m++;
		if (state !== runs[m][1] && !differs++)
			where = `${new Date(at * 1000).toISOString().slice(0, 16)}Z: ${runs[m][1]}, the package: ${state}`;
	}
	console.log(JSON.stringify({ text, steps: theirs.length, differs, where, warned: oh.getWarnings().length > 0 }));
}
