// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A figure on the page: a chart, its reading, its numbers, and how it follows
// the width of the window, the theme, and what the reader picks.

deit.dark = () => document.documentElement.dataset.theme === 'dark';

/// What the reader has picked, shared by all figures.
deit.picks = {};

deit.Figure = class {
  constructor(report, id, level) {
    this.report = report;
    this.id = id;
    this.ofModule = deit.moduleCharts.includes(id);
    this.place = deit.element('div', {class: 'chart', role: 'img'});
    this.caption = deit.element('figcaption');
    this.choice = deit.element('label', {class: 'choice'});
    this.numbers = deit.element('details', {class: 'numbers'},
                                deit.element('summary', {}, 'Numbers'));
    this.element = deit.element('figure', {id: 'chart-' + id},
      deit.element(level, {}, deit.charts[id].title), this.caption, this.choice,
      this.place, this.numbers);
    // A table of all modules costs more than its chart: made when asked for.
    this.numbers.addEventListener('toggle', () => this.fillNumbers());
  }

  /// Draws the chart anew, `width` pixels wide if given, as wide as its place
  /// otherwise.
  draw(width, theme) {
    const view = Object.assign({
      width: width || this.place.clientWidth || 320,
      theme: deit.themes[theme || (deit.dark() ? 'dark' : 'light')]
    }, deit.picks);
    this.drawn = deit.charts[this.id].draw(this.report, view);
    this.caption.textContent = this.drawn.reading;
    this.place.setAttribute('aria-label', this.drawn.reading);
    this.showChoice();
    this.numbers.hidden = !this.drawn.table;
    if (this.numbers.open) this.fillNumbers();
    this.place.hidden = !this.drawn.option;
    // Of one module, what it does not have is not worth a sentence.
    this.element.hidden = this.ofModule && !this.drawn.option;
    if (this.drawn.option) this.paint(view.width);
  }

  paint(width) {
    this.place.style.height = this.drawn.height + 'px';
    if (!this.chart) {
      this.chart = echarts.init(this.place, null, {
        renderer: 'svg', width, height: this.drawn.height
      });
      this.chart.getZr().on('click', (event) => this.click(event));
    }
    this.chart.resize({width, height: this.drawn.height});
    this.chart.setOption(this.drawn.option, {notMerge: true});
  }

  /// The index of the column under the pointer.
  columnAt(event) {
    for (const gridIndex of this.drawn.option.grid.keys()) {
      const point = [event.offsetX, event.offsetY];
      if (this.chart.containPixel({gridIndex}, point))
        return this.chart.convertFromPixel({gridIndex}, point)[0];
    }
    return -1;
  }

  click(event) {
    if (this.drawn.pick) {
      const path = this.drawn.pick[this.columnAt(event)];
      if (path) deit.pick('module', path, true);
    }
    const choice = this.drawn.choice;
    if (choice && event.target && event.target.type === 'rect') {
      const path = choice.paths[this.columnOfChoice(event)];
      if (path) deit.pick(choice.key, path);
    }
  }

  columnOfChoice(event) {
    const point = [event.offsetX, event.offsetY];
    const gridIndex = this.drawn.option.grid.length - 1;
    return this.chart.containPixel({gridIndex}, point)
      ? this.chart.convertFromPixel({gridIndex}, point)[0] : -1;
  }

  showChoice() {
    const choice = this.drawn.choice;
    this.choice.hidden = !choice;
    if (!choice) return;
    const select = deit.element('select', {}, choice.paths.map((path) =>
      deit.element('option', {value: path, selected: path === choice.value},
                   path)));
    select.addEventListener('change', () => deit.pick(choice.key, select.value));
    this.choice.replaceChildren('Show ', select);
  }

  fillNumbers() {
    while (this.numbers.children.length > 1) this.numbers.lastChild.remove();
    if (this.numbers.open && this.drawn.table)
      this.numbers.append(deit.table(this.drawn.table));
  }
};
