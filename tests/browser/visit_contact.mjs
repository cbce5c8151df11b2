// Two people find each other by the pages of the contact sphere, without JavaScript, and
// know the start page only. Reports in TAP.
//   node visit_contact.mjs URL
// Of each page: no finding above minor of axe-core, nothing wider than a phone of 360 px, no request to
// another host, and the code in no address, title or field that is filled in.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { axe_findings, launch, open_page } from '../lib/browser.mjs';
import { finish, ok } from '../lib/tap.mjs';

const [base] = process.argv.slice(2);
const shots = process.env.HOLDFAST_SHOTS;
const phone = { width: Number(process.env.HOLDFAST_WIDTH ?? 360), height: 720 };
const colors = { forcedColors: process.env.HOLDFAST_FORCED_COLORS ? 'active' : null };

// ---- a person with a browser ----
async function person(browser, name) {
	const page = await open_page(browser, { viewport: phone, javaScriptEnabled: false, ...colors });
	const p = { name, page, hosts: new Set(), addresses: [], code: '', shown: 0 };
	page.on('request', (r) => {
		p.hosts.add(new URL(r.url()).host);
		p.addresses.push(r.url());
	});
	return p;
}

// The page as it was delivered, in a browser that runs the checks. The pages are answers to POST, so
// they are not loaded again.
async function check(looked, p, what) {
	const html = await p.page.content();
	const sheets = await Promise.all(
		[...html.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)].map(async (m) =>
			(await fetch(new URL(m[1], p.page.url()))).text()),
	);
	await looked.setContent(html.replace(/<link rel="(?:stylesheet|icon)"[^>]*>/g, '').replace(
		'</head>', `<style>${sheets.join('\n')}</style></head>`));
	const wide = await looked.evaluate(() => document.documentElement.scrollWidth);
	const complaints = [...await axe_findings(looked), ...wide > phone.width ? [`${wide} px wide`] : []];
	if (/<script|<style| style=| on[a-z]+=/.test(html)) complaints.push('there is a script or a style inline');
	if (p.code && (html.split(p.code).length - 1) !== p.shown) complaints.push('the code is in the page');
	if (p.code && (await p.page.title()).includes(p.code)) complaints.push('the code is in the title');
	ok(complaints.length === 0, `${what}: sound at ${phone.width} px`, complaints);
	if (shots) {
		// Another process of the browser may have the page since.
		await p.page.emulateMedia({ forcedColors: null });
		await p.page.emulateMedia(colors);
		const file = `contact-${what.replace(/\W+/g, '-').toLowerCase()}.png`;
		await p.page.screenshot({ path: join(shots, file), fullPage: true });
	}
}

const heading = (p) => p.page.locator('h1').innerText();
const press = (p, name) =>
	Promise.all([p.page.waitForNavigation(), p.page.getByRole('button', { name, exact: true }).first().click()]);

// By keyboard alone: to the first thing that takes what is wanted.
async function tab_to(p, wanted) {
	for (let i = 0; i < 60; i++) {
		await p.page.keyboard.press('Tab');
		if (await p.page.evaluate((w) => document.activeElement === document.querySelector(w), wanted)) return true;
	}
	return false;
}

async function enrol(looked, p, profile, by_keyboard) {
	const { page } = p;
	await page.goto(`${base}/`);
	if (by_keyboard) await check(looked, p, 'start');
	if (by_keyboard) {
		ok(await tab_to(p, 'form[action="/code"] button'), 'the button for a code is reached by keyboard');
		await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
	} else await press(p, 'Get my code');
	p.code = (await page.locator('p.code').innerText()).trim();
	p.shown = 1;
	ok(/^(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}$/.test(p.code), `${p.name} gets a code`);
	if (by_keyboard) {
		await check(looked, p, 'new code');
		ok(
			await page.locator('form[action="/enrol"] input[autocomplete="username"]').inputValue() === 'holdfast' &&
				await page.locator('#code').getAttribute('autocomplete') === 'new-password',
			'a password manager is offered a name and a new password',
		);
		await page.emulateMedia({ media: 'print' });
		ok(
			await page.locator('p.code').isVisible() && !await page.locator('#body').isVisible(),
			'printed, the page has the code and no form',
		);
		await page.emulateMedia({ media: null, ...colors });
	}
	p.shown = 0;
	const fill = {
		'#code': p.code.toLowerCase(),
		'#title': profile.title,
		'#body': `${profile.body} Write to us: mill at oberland dot ch`,
		'#country': 'Switzerland',
		'#region': 'Bern',
		'#languages': 'German, French',
		'#c-name': `${p.name} Example`,
		'#c-email': `${p.name.toLowerCase()}@example.org`,
	};
	await page.selectOption('#kind', profile.kind);
	await page.selectOption('#category', 'bakery');
	for (const [field, text] of Object.entries(fill)) {
		if (by_keyboard) {
			ok(await tab_to(p, field), `${field} is reached by keyboard`);
			await page.keyboard.type(text);
		} else await page.fill(field, text);
	}
	await press(p, 'Publish my profile');
	// What was refused is still there, and what is secret is not.
	const kept = {};
	for (const field of [...Object.keys(fill), '#kind', '#category'])
		kept[field] = await page.locator(field).inputValue();
	const wanted = { ...fill, '#kind': profile.kind, '#category': 'bakery', '#code': '', '#c-name': '',
		'#c-email': '' };
	ok(
		Object.keys(kept).every((field) => kept[field] === wanted[field]),
		`${p.name}'s profile is refused, and the form is filled again but for code and contact`,
		JSON.stringify(kept),
	);
	if (by_keyboard) await check(looked, p, 'refused');
	for (const field of ['#code', '#c-name', '#c-email']) await page.fill(field, fill[field]);
	await page.fill('#body', profile.body);
	await press(p, 'Publish my profile');
	ok(await heading(p) === 'You have enrolled', `${p.name} has enrolled`, await page.locator('main').innerText());
	if (by_keyboard) await check(looked, p, 'enrolled');
}

// From the page behind the enrolment to the other's profile in the directory, and back with its number.
async function unlock(looked, p, other_title, checked) {
	const { page } = p;
	await Promise.all([page.waitForNavigation(), page.getByRole('link', { name: 'the profiles' }).first().click()]);
	if (checked) await check(looked, p, 'profiles');
	await Promise.all([page.waitForNavigation(), page.getByRole('link', { name: other_title }).first().click()]);
	if (checked) await check(looked, p, 'profile');
	const number = (await page.locator('main').innerText()).match(/\b[0-9a-f]{32}\b/);
	ok(number, `${p.name} finds the number of a profile`, await page.locator('main').innerText());
	await page.goto(`${base}/`);
	await page.locator('input[autocomplete="current-password"]').fill(p.code);
	await press(p, 'Sign in');
	if (checked) await check(looked, p, 'signed in');
	await page.fill('#profile', number[0]);
	await press(p, 'Look at it');
	const shown = await page.locator('main').innerText();
	ok(shown.includes(other_title), `${p.name} sees the profile before deciding`);
	ok(['Bakery', 'Bern', 'Switzerland', 'German, French'].every((name) => shown.includes(name)) &&
		!/\b(?:ch-bern|CH|bakery|de fr)\b/.test(shown), 'by names, not by keys', shown);
	if (checked) await check(looked, p, 'unlock this party');
	await press(p, 'Unlock');
	ok(await heading(p) === 'Unlocked', `${p.name} unlocks it`, await page.locator('main').innerText());
	if (checked) await check(looked, p, 'unlocked');
}

if (shots) mkdirSync(shots, { recursive: true });
const browser = await launch();
// One document, written anew for each check: axe-core is loaded, and compiled, once.
const looked = await open_page(browser, { viewport: phone });
const anna = await person(browser, 'Anna'), boris = await person(browser, 'Boris');
const need = { kind: 'need', title: 'Flour by the tonne', body: 'We look for a mill that delivers every week.' };
const offer = { kind: 'offer', title: 'Flour from our mill', body: 'We mill wheat and rye and deliver every week.' };
await enrol(looked, anna, need, true);
await enrol(looked, boris, offer, false);
await unlock(looked, anna, offer.title, true);
await press(anna, 'Show my list');
ok(await anna.page.locator('h2', { hasText: 'Waiting' }).count() === 1, 'Anna waits');
ok(!(await anna.page.content()).includes('boris@example.org'), 'and sees nothing of Boris');
await check(looked, anna, 'list waiting');
await unlock(looked, boris, need.title, false);
// Until the next look; every look at the list is a request.
for (const p of [anna, boris]) {
	await press(p, p === anna ? 'My list' : 'Show my list');
	while (!await p.page.locator('h2', { hasText: 'Match' }).count()) await press(p, 'My list');
}
await check(looked, anna, 'list matched');
for (const [p, other] of [[anna, boris], [boris, anna]]) {
	await press(p, 'Show the contact');
	const text = await p.page.locator('main').innerText();
	ok(text.includes(`${other.name} Example`) && text.includes(`${other.name.toLowerCase()}@example.org`),
		`${p.name} reads the contact of ${other.name}`, text);
}
await check(looked, anna, 'contact');
await press(anna, 'My data');
await check(looked, anna, 'my data');
await press(anna, 'Change the profile');
ok(await heading(anna) === 'Profile changed', 'the profile can be sent again as it is shown',
	await anna.page.locator('main').innerText());
await press(anna, 'My data');
await press(anna, 'Erase everything');
await check(looked, anna, 'erase');
for (const path of ['/protected', '/privacy', '/imprint', '/left']) {
	await anna.page.goto(base + path);
	await check(looked, anna, path.slice(1));
}
for (const p of [anna, boris]) {
	const plain = p.code.replaceAll('-', '');
	ok(!p.addresses.some((a) => a.includes(p.code) || a.toUpperCase().includes(plain)),
		`${p.name}'s code was in no address`);
	ok(p.hosts.size <= 2, `${p.name}'s browser asked the two hosts only`, [...p.hosts]);
}
await browser.close();
finish();
