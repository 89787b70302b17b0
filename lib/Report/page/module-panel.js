// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The panel that shows one module: a table to search and to pick from, and the
// module's numbers and charts.

deit.ModulePanel = class {
  constructor(report) {
    this.report = report;
    this.figures = deit.moduleCharts.map((id) =>
      new deit.Figure(report, id, 'h4'));
    this.search = deit.element('input', {
      type: 'search', placeholder: 'Search, such as mlp.fc2',
      'aria-label': 'Search modules'
    });
    this.search.addEventListener('input', () => this.filter());
    this.title = deit.element('h3');
    this.facts = deit.element('dl', {class: 'numbers-of'});
    this.element = deit.element('div', {id: 'module'},
      deit.element('h3', {}, 'One module'),
      deit.element('p', {class: 'search'}, 'Pick a module here, or click on one in ' +
        'a chart. '),
      deit.element('p', {class: 'search'}, this.search),
      this.makeTable(), this.title, this.facts,
      deit.element('div', {class: 'picked'},
                   this.figures.map((figure) => figure.element)));
  }

  makeTable() {
    this.table = {columns: deit.moduleColumns(),
                  rows: this.report.modules.slice()};
    this.scroll = deit.table(this.table);
    this.body = this.scroll.querySelector('tbody');
    // Sorting makes new rows; they have to be filtered and marked again.
    this.scroll.addEventListener('click', (event) => {
      const row = event.target.closest('tbody tr');
      if (row) deit.pick('module', row.firstChild.textContent);
      else this.filter();
    });
    this.body.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      deit.pick('module', event.target.closest('tr').firstChild.textContent);
    });
    return this.scroll;
  }

  filter() {
    const wanted = this.search.value.trim().toLowerCase();
    for (const row of this.body.rows) {
      const path = row.firstChild.textContent;
      const words = (path + ' ' + row.children[1].textContent).toLowerCase();
      row.hidden = !words.includes(wanted);
      row.tabIndex = 0;
      row.setAttribute('aria-selected', path === deit.picks.module);
    }
  }

  /// Keeps the picked row in sight without scrolling the page.
  reveal() {
    const row = this.body.querySelector('[aria-selected="true"]');
    if (!row) return;
    const top = row.offsetTop, box = this.scroll;
    if (top < box.scrollTop + 60 || top > box.scrollTop + box.clientHeight - 40)
      box.scrollTop = Math.max(0, top - box.clientHeight / 2);
  }

  show() {
    const module = deit.moduleOf(this.report, deit.picks.module);
    this.title.textContent = module ? module.path : 'No modules';
    this.facts.replaceChildren(...(module ? deit.moduleFacts(module) : []).map(
      ([label, text]) => deit.element('div', {}, deit.element('dt', {}, label),
                                      deit.element('dd', {}, text))));
    this.filter();
    this.reveal();
  }
};
