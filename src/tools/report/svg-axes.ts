import { escapeXml, pixel } from './svg-document.js';

/** Where the curves are, in pixels of the view box. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** An axis: from a value to a pixel, and where its gridlines are; those without a label are fainter. */
export interface Axis {
  readonly toPixel: (value: number) => number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

/** Pixels from the plot to its labels, and to the caption of the axis below it. */
const LABEL_GAP = 10;
const LABELS_BELOW = 20;
const CAPTION_BELOW = 44;

/** Spreads the logarithms of the values from `first` to `last` over pixels. A single value is in the middle. */
export function logarithmicScale(
  first: number,
  last: number,
  firstPixel: number,
  lastPixel: number,
): (value: number) => number {
  const share = (value: number) => (first === last ? 0.5 : Math.log(value / first) / Math.log(last / first));
  return (value) => firstPixel + share(value) * (lastPixel - firstPixel);
}

/** The gridlines and labels of both axes, and what the values to the right are. */
export function grid(plot: Plot, x: Axis, y: Axis, caption: string): string {
  const middle = (plot.left + plot.right) / 2;
  const below = `<text class="tick middle" x="${middle}" y="${plot.bottom + CAPTION_BELOW}">${escapeXml(caption)}</text>`;
  return [...rows(plot, y), ...columns(plot, x), below].join('\n');
}

function rows({ left, right }: Plot, { ticks, toPixel }: Axis): string[] {
  return ticks.map(({ value, label }) => {
    const at = pixel(toPixel(value));
    const line = gridline(label, `M${left} ${at}H${right}`);
    return label
      ? `${line}<text class="tick end" x="${left - LABEL_GAP}" y="${at + 4}">${escapeXml(label)}</text>`
      : line;
  });
}

/** The gridlines of the axis that goes to the right, with their labels below the plot. */
export function columns({ top, bottom }: Plot, { ticks, toPixel }: Axis): string[] {
  return ticks.map(({ value, label }) => {
    const at = pixel(toPixel(value));
    const line = gridline(label, `M${at} ${top}V${bottom}`);
    return label
      ? `${line}<text class="tick middle" x="${at}" y="${bottom + LABELS_BELOW}">${escapeXml(label)}</text>`
      : line;
  });
}

function gridline(label: string, path: string): string {
  return `<path class="grid${label ? '' : ' faint'}" d="${path}"/>`;
}
