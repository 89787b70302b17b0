// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The report as Markdown with pictures. Only the tool runs this.

/// `text` with everything escaped that Markdown or HTML would take as markup.
deit.markdownText = function (text) {
  return String(text).replace(/\s+/g, ' ').replace(/&/g, '&amp;')
      .replace(/</g, '&lt;').replace(/([\\`*_\[\]|#~])/g, '\\$1');
};

deit.markdownTable = function (table) {
  var line = function (cells) { return '| ' + cells.join(' | ') + ' |\n'; };
  var heads = table.columns.map(function (column) {
    return table.headless ? '' : deit.markdownText(column.title);
  });
  var rules = table.columns.map(function (column) {
    return deit.isNumeric(column, table.rows) ? '---:' : '---';
  });
  return line(heads) + line(rules) + table.rows.map(function (row) {
    return line(table.columns.map(function (column) {
      return deit.markdownText(deit.format(column.value(row), column.format));
    }));
  }).join('') + '\n';
};

/// Draws charts into pictures, each once, and refers to them.
deit.Markdown = function (report, folder) {
  this.report = report;
  this.folder = folder;
  this.pictures = [];
  this.view = {width: 860, theme: deit.themes.light, still: true,
               module: deit.firstModule(report)};
};

deit.Markdown.prototype.draw = function (id, drawn) {
  var chart = echarts.init(null, null, {
    renderer: 'svg', ssr: true, width: this.view.width, height: drawn.height
  });
  chart.setOption(drawn.option);
  this.pictures.push({name: id + '.svg', svg: chart.renderToSVGString()});
  chart.dispose();
  return '![' + deit.markdownText(deit.charts[id].title) + '](' + this.folder +
      '/' + id + '.svg)\n\n';
};

deit.Markdown.prototype.chart = function (id) {
  var drawn = deit.charts[id].draw(this.report, this.view);
  var text = '### ' + deit.markdownText(deit.charts[id].title) + '\n\n';
  if (drawn.option) text += this.draw(id, drawn);
  text += deit.markdownText(drawn.reading) + '\n\n';
  // Tables of all modules would bury the text; the page has them.
  if (drawn.table && drawn.table.rows.length <= 24)
    text += deit.markdownTable(drawn.table);
  return text;
};

deit.Markdown.prototype.module = function () {
  var self = this, module = deit.moduleOf(this.report, this.view.module);
  var text = '### All modules\n\n' + deit.markdownTable({
    columns: deit.moduleColumns(), rows: this.report.modules
  });
  if (!module) return text;
  return text + '### The module ' + deit.markdownText(module.path) + '\n\n' +
      deit.markdownTable(deit.pairs('', deit.moduleFacts(module))) +
      deit.moduleCharts.map(function (id) { return self.chart(id); }).join('');
};

deit.Markdown.prototype.questions = function (questions) {
  return questions.map(function (one) {
    var links = (one.charts || []).filter(function (id) {
      return deit.charts.hasOwnProperty(id);
    }).map(function (id) { return deit.charts[id].title; });
    return '**' + deit.markdownText(one.question) + '**\n\n' +
        one.answer.map(function (point) {
          return '- ' + deit.markdownText(point) + '\n';
        }).join('') +
        (links.length ? '\nSee: ' + links.join('; ') + '.\n' : '') + '\n';
  }).join('');
};

deit.Markdown.prototype.suggestions = function (suggestions) {
  if (!suggestions.length) return 'No rule suggests anything for this model.\n\n';
  return suggestions.map(function (one, index) {
    return (index + 1) + '. **' + deit.markdownText(one.title) + '** ' +
        deit.markdownText(one.text) + '\n' +
        (one.evidence || []).map(function (evidence) {
          return '   - ' + deit.markdownText(evidence.label) + ': ' +
              deit.markdownText(deit.evidence(evidence)) + '\n';
        }).join('');
  }).join('') + '\n';
};

deit.Markdown.prototype.block = function (block) {
  if (block.chart) return this.chart(block.chart);
  if (block.module) return this.module();
  if (block.questions) return this.questions(block.questions);
  if (block.suggestions) return this.suggestions(block.suggestions);
  if (block.facts)
    return deit.markdownTable(deit.pairs('', block.facts.map(function (fact) {
      return [fact.label, deit.format(fact.value, fact.format)];
    })));
  return '### ' + block.table.title + '\n\n' + deit.markdownTable(block.table);
};

/// The text and the pictures {name, svg} of the report in `json`, as JSON.
/// Pictures are referred to as `folder`/name.
deit.markdown = function (json, folder) {
  var report = JSON.parse(json);
  var writer = new deit.Markdown(report, folder);
  var text = '# ' + deit.markdownText(report.model.name) +
      ': what quantization does\n\n';
  deit.sections(report).forEach(function (section) {
    text += '## ' + section.title + '\n\n' + section.blocks.map(function (block) {
      return writer.block(block);
    }).join('');
  });
  return JSON.stringify({text: text.replace(/\n+$/, '\n'),
                         pictures: writer.pictures});
};
