// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Builds the page from the report that is embedded in it.

deit.report = JSON.parse(document.getElementById('report').textContent);
deit.figures = [];

deit.addFigure = (id) => {
  const figure = new deit.Figure(deit.report, id, 'h3');
  deit.figures.push(figure);
  return figure.element;
};

deit.addModulePanel = () => {
  deit.panel = new deit.ModulePanel(deit.report);
  deit.figures.push(...deit.panel.figures);
  return deit.panel.element;
};

deit.chartLinks = (ids) => {
  const known = (ids || []).filter((id) => Object.hasOwn(deit.charts, id));
  return deit.element('p', {class: 'links'}, known.flatMap((id, index) => [
    index ? ' · ' : 'See ',
    deit.element('a', {href: '#chart-' + id}, deit.charts[id].title)
  ]));
};

deit.factTiles = (facts) => deit.element('dl', {class: 'facts'},
  facts.map((fact) => deit.element('div', {}, deit.element('dt', {}, fact.label),
    deit.element('dd', {}, deit.element('div', {
      class: 'value', 'data-path': fact.path, 'data-value': fact.value
    }, deit.format(fact.value, fact.format)),
    fact.note ? deit.element('div', {class: 'note'}, fact.note) : null))));

deit.questionList = (questions) => questions.map((one) =>
  deit.element('div', {class: 'question'}, deit.element('h3', {}, one.question),
    deit.element('ul', {}, one.answer.map((point) =>
      deit.element('li', {}, point))), deit.chartLinks(one.charts)));

deit.suggestionList = (suggestions) => suggestions.length
  ? deit.element('ol', {class: 'suggestions'}, suggestions.map((one) =>
      deit.element('li', {}, deit.element('h3', {}, one.title),
        deit.element('p', {}, one.text),
        deit.element('ul', {class: 'evidence'}, (one.evidence || []).map(
          (evidence) => deit.element('li', {}, evidence.label + ' ',
            deit.element('b', {}, deit.evidence(evidence))))),
        deit.chartLinks([one.chart]))))
  : deit.element('p', {}, 'No rule suggests anything for this model.');

deit.blockElements = (block) => {
  if (block.chart) return deit.addFigure(block.chart);
  if (block.module) return deit.addModulePanel();
  if (block.questions) return deit.questionList(block.questions);
  if (block.suggestions) return deit.suggestionList(block.suggestions);
  if (block.facts) return deit.factTiles(block.facts);
  return [deit.element('h3', {}, block.table.title), deit.table(block.table)];
};

deit.build = () => {
  const model = deit.report.model;
  document.getElementById('title').textContent = model.name;
  document.getElementById('subtitle').textContent =
    'What quantization does to it, measured on ' +
    deit.format(deit.at(deit.report, 'evaluation.images'), 'count') + ' images';
  for (const section of deit.sections(deit.report)) {
    document.getElementById('contents').append(deit.element('li', {},
      deit.element('a', {href: '#' + section.id}, section.title)));
    document.getElementById('main').append(deit.element('section',
      {id: section.id}, deit.element('h2', {}, section.title),
      section.blocks.flatMap(deit.blockElements)));
  }
};

deit.drawAll = (width, theme) => {
  for (const figure of deit.figures) figure.draw(width, theme);
};

/// What a pick of each kind draws anew.
deit.pick = (key, path, jump) => {
  deit.picks[key] = path;
  const figures = key === 'module' ? deit.panel.figures
    : deit.figures.filter((figure) => figure.id === key);
  for (const figure of figures) figure.draw();
  if (key === 'module') deit.panel.show();
  if (jump) {
    // The panel's own place in history, so that Back returns to the chart.
    if (location.hash === '#module') location.replace('#module');
    else location.hash = 'module';
  }
};

deit.setTheme = (theme) => {
  document.documentElement.dataset.theme = theme;
  document.getElementById('theme').textContent =
    theme === 'dark' ? 'Light' : 'Dark';
};

/// A page from disk may have nowhere to remember the theme; then it follows the
/// system every time.
deit.remember = (theme) => {
  try {
    if (theme) localStorage.setItem('deit-report-theme', theme);
    return localStorage.getItem('deit-report-theme');
  } catch (error) {
    return null;
  }
};

deit.watchTheme = () => {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const follow = () =>
    deit.setTheme(deit.remember() || (system.matches ? 'dark' : 'light'));
  follow();
  system.addEventListener('change', () => { follow(); deit.drawAll(); });
  document.getElementById('theme').addEventListener('click', () => {
    const theme = deit.dark() ? 'light' : 'dark';
    deit.remember(theme);
    deit.setTheme(theme);
    deit.drawAll();
  });
};

/// Paper is white and about this wide, whatever the window is.
deit.watchPrinter = () => {
  let theme = null;
  addEventListener('beforeprint', () => {
    theme = document.documentElement.dataset.theme;
    deit.setTheme('light');
    deit.drawAll(680);
  });
  addEventListener('afterprint', () => {
    deit.setTheme(theme || 'light');
    deit.drawAll();
  });
};

deit.watchWidth = () => {
  let width = innerWidth, due = 0;
  addEventListener('resize', () => {
    // A phone's address bar changes the height alone.
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(due);
    due = setTimeout(() => deit.drawAll(), 120);
  });
};

deit.watchSections = () => {
  const links = [...document.querySelectorAll('nav a')];
  const sections = [...document.querySelectorAll('section')];
  const mark = () => {
    const passed = sections.filter((section) =>
      section.getBoundingClientRect().top < innerHeight / 3);
    const current = passed.length ? passed[passed.length - 1].id : null;
    for (const link of links)
      if (link.hash === '#' + current) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
  };
  addEventListener('scroll', mark, {passive: true});
  mark();
};

deit.watchDownload = () => {
  document.getElementById('download').addEventListener('click', () => {
    const text = JSON.stringify(deit.report, null, 1) + '\n';
    const link = deit.element('a', {
      href: URL.createObjectURL(new Blob([text], {type: 'application/json'})),
      download: deit.report.model.name.replace(/[^\w.-]+/g, '-') +
        '.report.json'
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
};

deit.watchTheme();
deit.build();
deit.picks.module = deit.firstModule(deit.report);
deit.drawAll();
deit.panel.show();
deit.watchPrinter();
deit.watchWidth();
deit.watchSections();
deit.watchDownload();
// What the address names did not exist when the browser looked for it.
if (location.hash) location.replace(location.hash);
