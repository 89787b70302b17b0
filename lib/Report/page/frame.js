// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What all charts have in common: panels one below the other, axes, legends,
// tooltips.
//
// A view says how a chart is looked at: `width` in pixels, `theme`, one of
// deit.themes, `still` for a picture on paper, and what a reader has picked.

/// Without quotes, which ECharts would leave as they are inside an attribute.
deit.font = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, ' +
    'Arial, sans-serif';

/// What a tooltip says: a title and rows [label, text].
deit.tip = function (title, rows) {
  return '<b>' + deit.escape(title) + '</b>' + rows.map(function (row) {
    return '<div class="tip"><span>' + deit.escape(row[0]) + '</span><span>' +
        deit.escape(row[1]) + '</span></div>';
  }).join('');
};

/// The legend of `entries` {name, symbol}, and how high it is at this width.
deit.legend = function (view, entries) {
  if (entries.length < 2) return {height: 0, option: {show: false}};
  var rows = 1, used = 0;
  entries.forEach(function (entry) {
    var width = 40 + 6.6 * entry.name.length;
    if (used && used + width > view.width) { rows++; used = 0; }
    used += width;
  });
  return {
    height: 22 * rows + (view.still ? 12 : 6),
    option: {
      data: entries.map(function (entry) {
        return {name: entry.name, icon: deit.solid(entry.symbol || 'roundRect')};
      }),
      left: view.still ? 8 : 0, top: view.still ? 6 : 0, width: view.width,
      itemWidth: 11, itemHeight: 11, padding: 0,
      // Without a browser widths of texts are estimates.
      itemGap: view.still ? 28 : 14, textStyle: {color: view.theme.ink, fontSize: 12},
      inactiveColor: view.theme.line
    }
  };
};

deit.axisStyle = function (view, axis) {
  var theme = view.theme;
  axis.axisLine = {show: !!axis.line, onZero: false, lineStyle: {color: theme.line}};
  axis.axisTick = {show: false};
  axis.splitLine = {show: !!axis.split, lineStyle: {color: theme.line, width: 0.7}};
  axis.nameTextStyle = axis.nameTextStyle || {};
  axis.nameTextStyle.color = theme.soft;
  axis.nameTextStyle.fontSize = 12;
  axis.axisLabel = axis.axisLabel || {};
  axis.axisLabel.color = theme.soft;
  axis.axisLabel.fontSize = 11;
  axis.minorTick = {show: false};
  return axis;
};

/// A number beside an axis, as short as it can be said.
deit.tick = function (value) {
  if (Math.abs(value) < 1e-12) return '0';
  var text = deit.significant(value);
  return text.indexOf('.') < 0 ? text : text.replace(/\.?0*(e|$)/, '$1');
};

/// The vertical axis of numbers; its name, with the unit, stands above it.
deit.valueAxis = function (view, panel) {
  var axis = {
    type: panel.log ? 'log' : 'value', name: panel.name, nameLocation: 'end',
    nameGap: 10, split: true, splitNumber: panel.height < 140 ? 3 : 5,
    scale: !!panel.scale,
    nameTextStyle: {align: 'left', padding: [0, 0, 0, 8 - (panel.left || 52)],
                    width: view.width - 20, overflow: 'truncate'},
    axisLabel: {formatter: deit.tick, hideOverlap: true}
  };
  ['min', 'max', 'interval'].forEach(function (end) {
    if (panel[end] !== undefined) axis[end] = panel[end];
  });
  return deit.axisStyle(view, axis);
};

/// The horizontal axis of numbers; its name stands below it.
deit.horizontalAxis = function (view, name, more) {
  var axis = {
    type: 'value', name: name, nameLocation: 'middle', nameGap: 26, line: true,
    axisLabel: {formatter: deit.tick, hideOverlap: true, alignMaxLabel: 'right'},
    splitNumber: view.width < 500 ? 4 : 8
  };
  // On a phone a name is centred beside names of rows, and may need two lines.
  if (view.width < 500)
    axis.nameTextStyle = {width: view.width * 0.6, overflow: 'break'};
  for (var key in more) axis[key] = more[key];
  return deit.axisStyle(view, axis);
};

/// An axis of names, top to bottom, for bars that lie.
deit.nameAxis = function (view, names, width) {
  return deit.axisStyle(view, {
    type: 'category', data: names, inverse: true, line: true,
    axisLabel: {width: width - 12, overflow: 'break', interval: 0,
                lineHeight: 13}
  });
};

/// The option of a chart whose `panels` {height, name, log, xAxis, series, left}
/// stand one below the other; the last one's axis has the name. Everything a
/// panel says of itself is numbers and names; this is where pixels are decided.
deit.stack = function (view, panels, legendEntries, tooltip) {
  var legend = deit.legend(view, legendEntries || []);
  var top = legend.height;
  var option = deit.base(view);
  option.legend = legend.option;
  option.tooltip = deit.tooltip(view, tooltip || {});
  option.grid = []; option.xAxis = []; option.yAxis = []; option.series = [];
  panels.forEach(function (panel, index) {
    var above = panel.yAxis && !panel.title ? 8 : 30;
    option.grid.push({
      left: panel.left || 52, right: 14, top: top + above,
      height: panel.height, outerBoundsMode: 'none'
    });
    top += above + panel.height + (panel.below === undefined ? 48 : panel.below);
    panel.xAxis.gridIndex = index;
    option.xAxis.push(panel.xAxis);
    var yAxis = panel.yAxis || deit.valueAxis(view, panel);
    yAxis.gridIndex = index;
    option.yAxis.push(yAxis);
    panel.series.forEach(function (series) {
      series.xAxisIndex = index;
      series.yAxisIndex = index;
      option.series.push(series);
    });
  });
  if (panels.length > 1 && tooltip && tooltip.trigger === 'axis')
    option.axisPointer = {link: [{xAxisIndex: 'all'}]};
  return {option: option, height: Math.ceil(top)};
};

deit.base = function (view) {
  return {
    animation: false, backgroundColor: view.still ? view.theme.paper : 'transparent',
    textStyle: {fontFamily: deit.font, color: view.theme.ink},
    aria: {enabled: false}
  };
};

deit.tooltip = function (view, tooltip) {
  tooltip.show = !view.still;
  tooltip.trigger = tooltip.trigger || 'item';
  tooltip.confine = true;
  tooltip.backgroundColor = view.theme.paper;
  tooltip.borderColor = view.theme.line;
  tooltip.textStyle = {color: view.theme.ink, fontSize: 12};
  tooltip.transitionDuration = 0;
  if (tooltip.trigger === 'axis')
    tooltip.axisPointer = {type: 'shadow',
                           shadowStyle: {color: view.theme.grey, opacity: 0.15}};
  return tooltip;
};

/// The filled form of a hollow symbol, "emptyCircle". ECharts fills hollow ones
/// with white, whatever is behind them.
deit.solid = function (symbol) {
  var name = symbol.replace(/^empty/, '');
  return name.charAt(0).toLowerCase() + name.slice(1);
};

/// A series of dots at data [x, y].
deit.dots = function (view, name, colour, symbol, data, more) {
  var hollow = symbol !== deit.solid(symbol);
  var series = {
    type: 'scatter', name: name, symbol: deit.solid(symbol), data: data,
    cursor: 'default', symbolSize: view.width < 500 ? 6 : 8,
    color: view.theme[colour],
    itemStyle: {color: hollow ? 'transparent' : view.theme[colour],
                borderColor: view.theme[colour], borderWidth: hollow ? 1.5 : 1},
    emphasis: {disabled: !!view.still}
  };
  for (var key in more) series[key] = more[key];
  return series;
};

/// A chart of nothing: the sentence alone.
deit.absent = function (sentence) {
  return {option: null, height: 0, reading: sentence, table: null};
};
