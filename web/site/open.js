// Whether a place is open now, from the minutes of its week; marks today in its table, and in lists counts and
// narrows to what is open. Clocks are slow to make: one for each zone, not for each business.
const clocks = {}, days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const names = new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: 'UTC', weekday: 'long' });
// 1 January 2024 was a Monday.
const named = (day) => names.format(Date.UTC(2024, 0, 1 + day));
for (const line of document.querySelectorAll('[data-week]')) {
	const parts = {}, zone = line.dataset.zone;
	const clock = clocks[zone] ??= new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'long', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts();
	for (const p of clock) parts[p.type] = p.value;
	const today = days.indexOf(parts.weekday), now = today * 1440 + parts.hour * 60 + +parts.minute, week = 10080;
	const spans = line.dataset.week.split(',').map((s) => s.split('-').map(Number));
	const at = (m) => `${(m % week / 1440 | 0) === today ? '' : named(m % week / 1440 | 0) + ' '}${String(m % 1440 / 60 | 0).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
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
	narrow.querySelector('[data-open]').append(` ${items.filter(is_open).length}`);
	narrow.addEventListener('click', ({ target }) => {
		const chosen = target.closest('button');
		if (!chosen) return;
		for (const b of buttons) b.setAttribute('aria-pressed', b === chosen);
		for (const item of items) item.hidden = 'open' in chosen.dataset && !is_open(item);
	});
	narrow.hidden = false;
}
