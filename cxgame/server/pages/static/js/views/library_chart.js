// The same by TradingView's Lightweight Charts 5: to be scrolled, zoomed and read off.

import { clockOf, grouped, placesOf } from "../format.js";
import { colours } from "../look.js";
import { axisTime, tradeRadius, SHOWN_TRADES } from "./chart_parts.js";

const FEW = 3; // more rows than these are handed over anew at once

export class LibraryChart {
  constructor(host, library) {
    // Its logo would bring a style of its own, which our policy forbids; the attribution stands
    // at the foot of the page.
    this._chart = library.createChart(host, {
      autoSize: true,
      layout: { attributionLogo: false },
      rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.24 } },
      timeScale: { rightOffset: 3, barSpacing: 9, timeVisible: true },
      crosshair: { mode: library.CrosshairMode.Normal },
    });
    this._volume = this._chart.addSeries(library.HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this._chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this._mids = this._chart.addSeries(library.LineSeries, {
      lineWidth: 1,
      lastValueVisible: false,
      priceLineVisible: false,
      crosshairMarkerVisible: false,
    });
    this._candles = this._chart.addSeries(library.CandlestickSeries);
    this._dots = new Dots();
    this._candles.attachPrimitive(this._dots);
    this._look = null; // what the chart wears: colours, interval, tick
    this._intervalS = null;
    this._tick = null;
  }

  remove() {
    this._chart.remove();
  }

  draw(market, fresh) {
    const dressed = this._dress(market);
    const { bars, mids, changedFrom, midsFrom } = market.candles;
    this._hand(this._candles, bars, changedFrom, fresh, (bar) => bar);
    this._hand(this._volume, bars, changedFrom, fresh || dressed, (bar) => this._volumeOf(bar));
    this._hand(this._mids, mids, midsFrom, fresh, (mid) => mid);
    this._dots.show(market.trades.slice(-SHOWN_TRADES), market.candles.intervalS, this._look);
    if (fresh) this._chart.timeScale().scrollToRealTime();
  }

  _hand(series, rows, from, fresh, shape) {
    if (fresh || rows.length - from > FEW) series.setData(rows.map(shape));
    else for (const row of rows.slice(from)) series.update(shape(row));
  }

  _volumeOf(bar) {
    const colour = bar.bought * 2 >= bar.volume ? this._look.buy : this._look.sell;
    return { time: bar.time, value: bar.volume, color: `${colour}80` };
  }

  // Whether it wears something else than before; bars of volume carry their colours themselves.
  _dress(market) {
    const look = colours();
    const { tick } = market.info;
    const { intervalS } = market.candles;
    const anew = look !== this._look || intervalS !== this._intervalS || tick !== this._tick;
    if (anew) {
      this._look = look;
      this._intervalS = intervalS;
      this._tick = tick;
      this._chart.applyOptions(dress(look, intervalS, placesOf(tick)));
      // Of both: the first series of a scale says how finely it is divided.
      const priceFormat = { type: "price", precision: placesOf(tick), minMove: Number(tick) };
      this._mids.applyOptions({ color: look.dim, priceFormat });
      // Rising ones are hollow: also who sees no colours tells them apart.
      this._candles.applyOptions({
        upColor: look.panel,
        borderUpColor: look.buy,
        wickUpColor: look.buy,
        downColor: look.sell,
        borderDownColor: look.sell,
        wickDownColor: look.sell,
        priceLineColor: look.dim,
        priceFormat,
      });
    }
    return anew;
  }
}

function dress(look, intervalS, places) {
  return {
    layout: {
      background: { color: "transparent" },
      textColor: look.dim,
      fontFamily: look.font,
      fontSize: look.size,
    },
    grid: { vertLines: { color: look.line }, horzLines: { color: look.line } },
    rightPriceScale: { borderColor: look.line },
    timeScale: {
      borderColor: look.line,
      tickMarkFormatter: (time) => axisTime(time, intervalS),
    },
    localization: {
      timeFormatter: clockOf,
      priceFormatter: (price) => grouped(price.toFixed(places)),
    },
  };
}

// The latest trades as dots among the candles, at their own moment within the candle.
class Dots {
  constructor() {
    this._trades = [];
    this._view = { renderer: () => ({ draw: (target) => this._draw(target) }), zOrder: () => "top" };
  }

  attached({ chart, series, requestUpdate }) {
    this._chart = chart;
    this._series = series;
    this._update = requestUpdate;
  }

  paneViews() {
    return [this._view];
  }

  show(trades, intervalS, look) {
    this._trades = trades;
    this._intervalS = intervalS;
    this._look = look;
    this._update?.();
  }

  _draw(target) {
    const scale = this._chart.timeScale();
    const width = scale.options().barSpacing;
    target.useMediaCoordinateSpace(({ context }) => {
      context.globalAlpha = 0.75;
      for (const trade of this._trades) {
        const time = Math.floor(trade.ts / this._intervalS) * this._intervalS;
        const middle = scale.timeToCoordinate(time);
        const y = this._series.priceToCoordinate(trade.price);
        if (middle === null || y === null) continue;
        const x = middle + ((trade.ts - time) / this._intervalS - 0.5) * width;
        context.beginPath();
        context.fillStyle = trade.side === "buy" ? this._look.buy : this._look.sell;
        context.arc(x, y, tradeRadius(trade), 0, 2 * Math.PI);
        context.fill();
      }
      context.globalAlpha = 1;
    });
  }
}
