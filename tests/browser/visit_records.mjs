// Looks at pages of unusual records: nothing is wider than the window, no text lies on another or stands out of its
// box, at four widths and printed; who never closes is open at any time, and who closes after midnight until then.
//   node visit_records.mjs NAME=URL...     NAME: of its pictures
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, visits } from '../lib/browser.mjs';
import { overlaps, too_wide } from '../lib/layout.mjs';
import { finish, ok } from '../lib/tap.mjs';

const shots = process.env.HOLDFAST_SHOTS;
const widths = [280, 320, 768, 1280];

// Minutes of a week at which the line must begin so: [address, instant, text].
const states = [
	[/everything-\w+\.html$/, '2026-05-03T23:30:00Z', /^Open$/], // Monday, 01:30
	[/everything-\w+\.html$/, '2026-05-06T12:00:00Z', /^Open$/],
	[/gemeinschaftspraxis.*\.html$/, '2026-05-03T23:30:00Z', /^Open until 04:00$/],
	[/gemeinschaftspraxis.*\.html$/, '2026-05-03T18:00:00Z', /^Closed, opens 22:00$/],
];

const browser = await launch();
const visit = visits(browser);
try {
	if (shots) mkdirSync(shots, { recursive: true });
	for (const [index, argument] of process.argv.slice(2).entries()) {
		const [, name, url] = argument.match(/^([\w-]+)=(.*)$/);
		await visit({}, async (page) => {
			await page.goto(url, { waitUntil: 'load' });
			const complaints = [];
			for (const width of [...widths, 643]) {
				const media = width === 643 ? 'print' : 'screen'; // A4 with margins of 2 cm
				await page.setViewportSize({ width, height: 900 });
				await page.emulateMedia({ media });
				for (const what of [...await too_wide(page), ...await overlaps(page)])
					complaints.push(`${width} (${media}): ${what}`);
				const path = join(shots ?? '', `${name}-${index}-${width}.png`);
				if (shots) await page.screenshot({ path, fullPage: true });
			}
			ok(complaints.length === 0, `${decodeURI(url)}: whole`, complaints);
		});
		for (const [address, at, text] of states) {
			if (!address.test(url)) continue;
			await visit({ timezoneId: 'Pacific/Auckland' }, async (page) => {
				await page.clock.setFixedTime(new Date(at));
				await page.goto(url);
				const line = await page.locator('.title [data-week]').innerText();
				ok(text.test(line), `${decodeURI(url)} at ${at}: ${line}`, `not ${text}`);
			});
		}
	}
} catch (error) {
	ok(false, 'the visit goes through', String(error.stack ?? error));
} finally {
	await browser.close();
}
finish();
