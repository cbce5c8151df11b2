// The operator's page: asks for what is newer than it knows and draws it. Elements are kept and changed, not made anew,
// so that two hundred containers stay smooth.
'use strict';
const $ = (id) => document.getElementById(id);
const names = ['network', 'limiter', 'database', 'idle'];
let token = sessionStorage.getItem('ops.token') || '';
let version = null;

function span(ms) {
	if (ms === null || ms < 0) return '?';
	const s = Math.round(ms / 1000);
	if (s < 120) return s + ' s';
	if (s < 7200) return Math.floor(s / 60) + ' min ' + (s % 60) + ' s';
	return Math.floor(s / 3600) + ' h ' + (Math.floor(s / 60) % 60) + ' min';
}
const number = (n) => (n === null || n === undefined ? '?' : n.toLocaleString('en'));

// The child of a parent with a key, made when it is not there; what is not asked for any more goes.
function keyed(parent, keys, tag, make) {
	const have = new Map([...parent.children].map((e) => [e.dataset.key, e]));
	for (const key of keys) {
		if (have.delete(String(key))) continue;
		const e = document.createElement(tag);
		e.dataset.key = key;
		make(e);
		parent.append(e);
	}
	for (const e of have.values()) e.remove();
	return (key) => parent.querySelector(':scope > [data-key="' + CSS.escape(String(key)) + '"]');
}
function text(e, value) { if (e.textContent !== value) e.textContent = value; }
function part(e, tag, name) { const p = document.createElement(tag); p.className = name; e.append(p, ' '); return p; }

function drawContainer(e, c) {
	const [state, words] = e.children;
	text(state, c.state);
	state.className = 'state ' + c.state;
	const total = names.reduce((sum, n) => sum + c[n + '_ms'], 0) || 1;
	text(words, `#${c.id}${c.straggler ? ' slow' : ''}: ${number(c.ok)} ok, ${number(c.failed)} failed, ${number(c.in_flight)} in flight, `
		+ `${Math.round(c.rates[0])}/min; beat ${span(c.heartbeat_age_ms)} ago, progress ${span(c.progress_age_ms)} ago; `
		+ names.map((n) => `${n} ${Math.round(1000 * c[n + '_ms'] / total)}`).join(', ') + ' ms/s');
}

function drawBatch(e, b) {
	const head = e.querySelector('.head'), bar = e.querySelector('progress'), line = e.querySelector('.line'), list = e.querySelector('ul');
	const known = b.state !== 'UNKNOWN', done = known ? b.ok + b.failed + b.skipped + b.dead : 0;
	text(head.querySelector('h3'), `${b.stage} #${b.id}`);
	const state = head.querySelector('.state');
	text(state, b.state);
	state.className = 'state ' + b.state;
	text(head.querySelector('.alarm'), b.alarm ? 'Alarm: claims take nothing although work is due' : '');
	if (known) { bar.max = Math.max(1, b.total); bar.value = done; } else bar.removeAttribute('value');
	bar.setAttribute('aria-label', `progress of batch ${b.id}`);
	text(line, !known ? 'the numbers are not known now'
		: `${number(done)} of ${number(b.total)}: ${number(b.ok)} ok, ${number(b.failed)} failed, ${number(b.skipped)} skipped, ${number(b.dead)} dead, ${number(b.in_flight)} in flight, ${number(b.queued)} queued`
		+ (b.state === 'FINISHED' ? '' : `; ${number(Math.round(b.rate))} a minute, ends in ${span(b.eta_ms)}` + (b.eta_ms === null ? '' : ` (${span(b.eta_least_ms)} to ${span(b.eta_most_ms)})`) + `, skew ${b.skew}`)
		+ (b.waits_for ? `; ${b.waits_for} has asked for a pause` : '')
		+ (b.in_flight === 0 && b.due_ms > 0 ? `; the next queued item is due in ${span(b.due_ms)}` : ''));
	const dead = b.containers.filter((c) => c.state === 'DEAD');
	const open = b.containers.filter((c) => c.state !== 'FINISHED' && c.state !== 'DEAD');
	text(e.querySelector('.dead'), dead.length ? `${number(dead.reduce((sum, c) => sum + (c.folded || 1), 0))} DEAD: their items go to others` : '');
	const at = keyed(list, open.map((c) => c.id), 'li', (li) => { part(li, 'span', 'state'); part(li, 'span', 'words'); });
	for (const c of open) drawContainer(at(c.id), c);
}

function drawList(id, values) {
	const at = keyed($(id), Object.keys(values), 'div', (e) => { e.append(document.createElement('dt'), document.createElement('dd')); });
	for (const [name, value] of Object.entries(values)) {
		text(at(name).children[0], name.replaceAll('_', ' '));
		text(at(name).children[1], number(value));
	}
}

const when = (ms) => (ms ? new Date(ms).toISOString().slice(0, 16).replace('T', ' ') + ' UTC' : 'now');

function drawAlarms(alarms) {
	text($('no-alarm'), alarms === null ? 'Nobody is told of alarms: set notify.command.' : alarms.length ? '' : 'None.');
	const at = keyed($('alarms'), (alarms || []).map((a) => a.key), 'li', (e) => { part(e, 'strong', 'alarm'); part(e, 'span', 'words'); });
	for (const a of alarms || []) {
		text(at(a.key).children[0], `${a.key} (${a.severity}, since ${when(a.since)})`);
		text(at(a.key).children[1], `${a.text}. ${a.do}`);
	}
}

function drawHeal(h) {
	const findings = h ? h.findings : [];
	text($('heal-state'), h === null ? 'There is no healer: set heal.enabled.'
		: !h.known ? 'UNKNOWN: the server did not answer the last sample'
			: (findings.length ? '' : 'Nothing to do. ') + `Load ${h.load}, of which ${h.unknown} unexplained; acts: ${h.acts || 'none'}`);
	const at = keyed($('findings'), findings.map((f) => f.diagnosis + f.incident), 'article', (e) => {
		e.append(document.createElement('h3'));
		part(e, 'div', 'line'); part(e, 'div', 'line'); part(e, 'div', 'line');
	});
	for (const f of findings) {
		const [head, cause, act, until] = at(f.diagnosis + f.incident).children;
		text(head, `${f.diagnosis}, ${f.confidence}, since ${when(f.since)}` + (f.incident ? `: holdfast heal --report ${f.incident}` : ''));
		text(cause, f.cause);
		text(act, 'Do: ' + f.do);
		text(until, f.until ? 'Until then: ' + f.until : '');
	}
}

function draw(n) {
	const open = n.pipeline.batches.filter((b) => b.state !== 'FINISHED');
	text($('summary'), !n.pipeline.known ? 'UNKNOWN: the database does not answer; nothing here is current'
		: open.length ? open.map((b) => `${b.stage} #${b.id} ${b.state}`).join(', ') : 'no batch is open');
	const at = keyed($('batches'), n.pipeline.batches.map((b) => b.id), 'article', (e) => {
		const head = part(e, 'div', 'head');
		head.append(document.createElement('h3'));
		part(head, 'span', 'state'); part(head, 'span', 'alarm');
		e.append(document.createElement('progress'));
		part(e, 'div', 'line');
		e.append(document.createElement('ul'));
		part(e, 'div', 'dead');
	});
	for (const b of n.pipeline.batches) drawBatch(at(b.id), b);
	drawAlarms(n.alarms);
	drawHeal(n.heal);
	drawList('database', n.database);
	drawList('cache', n.cache);
}

function unknown() {
	text($('summary'), 'UNKNOWN: Holdfast does not answer; nothing here is current');
	for (const e of document.querySelectorAll('.state')) { text(e, 'UNKNOWN'); e.className = 'state UNKNOWN'; }
}

async function follow() {
	for (;;) {
		let wait = 0;
		try {
			const answer = await fetch('/ops/numbers' + (version === null ? '' : '?after=' + version), { headers: { Authorization: 'Bearer ' + token }, signal: AbortSignal.timeout(30000) });
			if (answer.status === 401 || answer.status === 404) {
				$('live').hidden = true; $('enter').hidden = false;
				text($('refused'), answer.status === 401 ? 'This token is not the operator\'s.' : 'The monitor is off: set ops.token in holdfast.conf.');
				return;
			}
			if (!answer.ok) throw new Error(answer.status);
			const n = await answer.json();
			version = n.version;
			sessionStorage.setItem('ops.token', token);
			$('enter').hidden = true; $('live').hidden = false;
			draw(n);
			wait = document.hidden ? 5000 : 200;
		} catch (e) {
			unknown();
			version = null;
			wait = 2000;
		}
		await new Promise((done) => setTimeout(done, wait));
	}
}
$('enter').addEventListener('submit', (e) => { e.preventDefault(); token = $('token').value; version = null; text($('refused'), ''); follow(); });
if (token) follow();
