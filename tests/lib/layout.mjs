// Where the parts of a page stand, apart from fonts: positions and widths that the sheet decides, and texts that lie on
// one another.
//   const kept = golden();                                 // HOLDFAST_GOLDEN=write: writes tests/browser/layout.json
//   complaints.push(...await kept.compare(page, 'home'));  // against what is kept for this page and width
//   complaints.push(...await overlaps(page));
//   kept.finish();
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const tolerance = 2; // CSS pixels
// Boxes whose place and width no text decides: blocks, and items of a grid.
const parts = ['.top', '.trail', '.hero', '.search', '.field', '.groups', '.groups > li', '.places', '.columns', '.pic',
	'.at-about', '.at-goods', '.goods > li', '.at-area', '.at-facts', '.at-hours', '.at-map', '.map', '.bar', '.foot',
	'.plain', '.found', '.found > li', '.found .pic', '.pager', '.art', 'section', '.w', 'h1', '.notice'];
const widths_by_text = ['h1', '.top'];

// The first of each part: [name, left edge, width], from above when the page has one column.
async function boxes(page) {
	return page.evaluate(({ parts, by_text }) => {
		const found = [];
		for (const name of parts) {
			const element = [...document.querySelectorAll(name)].find((e) => e.getClientRects().length);
			if (!element) continue;
			const { left, top, width } = element.getBoundingClientRect();
			const row = [name, Math.round(left), by_text.includes(name) ? 0 : Math.round(width)];
			// What sticks to the window's edge comes last, wherever it is just now.
			const sticks = getComputedStyle(element).position === 'sticky';
			found.push({ top: sticks ? Infinity : innerWidth < 600 ? Math.round(top) : 0, row });
		}
		return found.sort((a, b) => a.top - b.top).map(({ row }) => row);
	}, { parts, by_text: widths_by_text });
}

export function golden() {
	const url = new URL('../browser/layout.json', import.meta.url), writes = process.env.HOLDFAST_GOLDEN === 'write';
	const kept = writes && !existsSync(url) ? {} : JSON.parse(readFileSync(url, 'utf8'));
	return {
		// mirrored: the page is written from right to left and of other records, and what is kept is not: parts that
		// both have are compared.
		async compare(page, what, { mirrored = false } = {}) {
			const { width } = page.viewportSize(), key = `${what} ${width}`;
			const is = (await boxes(page)).map(([part, x, w]) => [part, mirrored && w ? width - x - w : x, w]);
			if (writes && !mirrored) kept[key] = is;
			const should = kept[key];
			if (!should) return [`${key}: no layout is kept; see tests/lib/layout.mjs`];
			const complaints = [], names = (rows) => rows.map(([part]) => part).join(' ');
			if (!mirrored && names(is) !== names(should))
				complaints.push(`${key}: parts ${names(is)}, not ${names(should)}`);
			for (const [part, x, w] of is) {
				const [, x_kept, w_kept] = should.find(([other]) => other === part) ?? [part, x, w];
				if (mirrored && !w) continue;
				if (Math.abs(x - x_kept) > tolerance || Math.abs(w - w_kept) > tolerance)
					complaints.push(`${key}: ${part} at ${x}, ${w} wide, not at ${x_kept}, ${w_kept} wide`);
			}
			return complaints;
		},
		finish() {
			const lines = Object.entries(kept)
				.map(([key, rows]) => `\t${JSON.stringify(key)}: ${JSON.stringify(rows)}`);
			if (writes) writeFileSync(url, `{\n${lines.join(',\n')}\n}\n`);
		},
	};
}

// Pairs of texts of which one lies on the other, and texts that stand out of a box that they are in.
// What sticks to the window's edge lies on others by intention.
export function overlaps(page) {
	return page.evaluate(() => {
		const lines = [], wrong = [], seen = new Map();
		// What counts of a box around texts: none around what is clipped, which is not seen; those that are lines have
		// no edges. Asked of each element once, because there are many texts in few boxes.
		const around = (e) => {
			if (!seen.has(e)) {
				const { display, position, clipPath } = getComputedStyle(e);
				const { left, right } = e.getBoundingClientRect();
				seen.set(e, position === 'absolute' || clipPath !== 'none' ? null
					: /^(inline|contents)$/.test(display) ? { left: -Infinity, right: Infinity } : { left, right });
			}
			return seen.get(e);
		};
		// The nearest box around a text that the text leaves to a side.
		const left = (box, element) => {
			for (let e = element; e && e !== document.body; e = e.parentElement) {
				const edges = around(e);
				if (!edges) return null;
				if (box.left < edges.left - 2 || box.right > edges.right + 2) return e;
			}
			return null;
		};
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		for (let node = walker.nextNode(); node; node = walker.nextNode()) {
			const element = node.parentElement;
			if (!node.data.trim() || element.closest('.skip, .bar, svg, script, style, [hidden]')) continue;
			if (getComputedStyle(element).visibility !== 'visible') continue;
			const range = document.createRange();
			range.selectNodeContents(node);
			const text = node.data.trim().slice(0, 30);
			for (const { left: x, right, top, bottom } of range.getClientRects()) {
				const box = { left: x, right, top, bottom };
				if (right - x <= 1 || bottom - top <= 1) continue;
				lines.push({ box, text });
				const out_of = left(box, element);
				if (out_of) wrong.push(`"${text}" stands out of ${out_of.tagName}.${out_of.className}`);
			}
		}
		// From above; what begins below the end of a line, and all after it, does not lie on it.
		lines.sort((a, b) => a.box.top - b.box.top);
		for (const [i, { box: a, text }] of lines.entries())
			for (let k = i + 1; k < lines.length && lines[k].box.top < a.bottom; k++) {
				const b = lines[k].box;
				const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
				const height = Math.min(a.bottom, b.bottom) - b.top;
				// Lines of one paragraph may touch by their descenders.
				if (width > 2 && height > Math.min(a.bottom - a.top, b.bottom - b.top) / 2)
					wrong.push(`"${text}" lies on "${lines[k].text}"`);
			}
		return wrong;
	});
}

// What stands out of the window to a side, and what makes the page scroll there.
export function too_wide(page) {
	return page.evaluate(() => {
		const width = document.documentElement.clientWidth;
		return document.documentElement.scrollWidth > width
			? [`scrolls sideways: ${[...document.querySelectorAll('body *')]
			.filter((e) => e.getBoundingClientRect().right > width + 1 || e.getBoundingClientRect().left < -1)
			.slice(0, 3).map((e) => `${e.tagName}.${e.className}`)}`] : [];
	});
}
