// Suggestions for the search box, as choices of its own list. Without scripts the box works as it is.
'use strict';
for (const form of document.querySelectorAll('form.search')) {
	const box = form.querySelector('input[name=q]');
	const list = document.createElement('datalist');
	list.id = 'suggestions';
	form.append(list);
	box.setAttribute('list', list.id);
	let asked = '';
	let waiting = 0;
	const suggest = async () => {
		const q = box.value.trim();
		if (q.length < 2 || q === asked) return;
		asked = q;
		const answer = await fetch('/v1/suggest?q=' + encodeURIComponent(q));
		// What was typed meanwhile has a request of its own.
		if (!answer.ok || asked !== q) return;
		const { suggestions } = await answer.json();
		list.replaceChildren(...suggestions.map((s) => {
			const option = document.createElement('option');
			option.value = s.text;
			return option;
		}));
	};
	box.addEventListener('input', () => {
		clearTimeout(waiting);
		waiting = setTimeout(() => suggest().catch(() => {}), 120);
	});
}
