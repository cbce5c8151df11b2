// Whether a place is open now, from the minutes of its week; marks today in its table, and in lists counts and
// narrows to what is open. A clock of the browser's takes long to make: zones come as numbers, see hours_zone_rule.
const days = ['{{_ Monday}}', '{{_ Tuesday}}', '{{_ Wednesday}}', '{{_ Thursday}}', '{{_ Friday}}', '{{_ Saturday}}', '{{_ Sunday}}'];
const clocks = {}, at_ms = Date.now(), year = new Date(at_ms).getUTCFullYear(), week = 10080;
const local = (zone) => {
	if (/^[A-Z]/.test(zone)) return Date.parse(new Date(at_ms).toLocaleString('sv', { timeZone: zone }).replace(' ', 'T') + 'Z');
	const [plain, summer, ...changes] = zone.replace(/(.+)e$/, (_, m) => `${m},${+m + 60},3,0,-10020,10,0,-10020`).split(',').map(Number);
	const [from, to] = [0, 3].map((i) => Date.UTC(year, changes[i]) + ((changes[i + 1] + 7 - new Date(Date.UTC(year, changes[i])).getUTCDay()) % 7 * 1440 + changes[i + 2]) * 6e4);
	return at_ms + ((from < to ? from <= at_ms && at_ms < to : at_ms >= from || at_ms < to) ? summer : plain) * 6e4;
};
for (const line of document.querySelectorAll('[data-week]')) {
	const zone = line.dataset.zone;
	// 1 January 1970 was a Thursday.
	const now = (Math.floor((clocks[zone] ??= local(zone)) / 6e4) + 3 * 1440) % week, today = now / 1440 | 0;
	const spans = line.dataset.week.split(',').map((s) => s.split('-').map(Number));
	const at = (m) => `${(m % week / 1440 | 0) === today ? '' : days[m % week / 1440 | 0] + ' '}${String(m % 1440 / 60 | 0).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
	let open = spans.find(([from, to]) => from <= now && now < to), next = open ? open[1] : Math.min(...spans.map(([from]) => from + (from <= now ? week : 0)));
	for (let more; open && (more = spans.find(([from]) => from === next % week)) && more !== open && next < 2 * week; ) next += more[1] - more[0];
	const always = open && next - open[0] >= week;
	line.textContent = always ? '{{_ Open}}' : (open ? '{{_ Open until {time}}}' : '{{_ Closed, opens {time}}}').replace('{time}', () => at(next));
	line.className = open ? 'state is-open' : 'state';
	line.hidden = false;
	if (line.closest('.title, .hero')) [...document.querySelectorAll('[data-d]')].find((row) => row.dataset.d >= today)?.classList.add('today');
}
const narrow = document.getElementById('narrow');
if (narrow) {
	const items = [...document.querySelectorAll('.found > li')], buttons = [...narrow.children];
	const is_open = (item) => !!item.querySelector('.is-open');
	const pins = [...document.querySelectorAll('.spots a')], numbered = items.filter((item) => item.dataset.n);
	pins.forEach((pin, i) => pin.classList.toggle('is-open', is_open(numbered[i])));
	narrow.querySelector('[data-open]').dataset.open = items.filter(is_open).length;
	narrow.addEventListener('click', ({ target }) => {
		const chosen = target.closest('button');
		if (!chosen) return;
		for (const b of buttons) b.setAttribute('aria-pressed', b === chosen);
		for (const item of items) item.hidden = 'open' in chosen.dataset && !is_open(item);
		pins.forEach((pin, i) => pin.toggleAttribute('hidden', numbered[i].hidden));
	});
}
