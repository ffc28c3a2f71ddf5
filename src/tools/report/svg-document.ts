/** A colour, for readers whose background is light and for those whose background is dark. */
export interface Ink {
  readonly light: string;
  readonly dark: string;
}

/** A chart as a document. */
interface SvgDocument {
  /** Pixels, and units of the view box. */
  readonly width: number;
  readonly height: number;
  /** Where title and subtitle begin. */
  readonly left: number;
  readonly title: string;
  readonly subtitle: string;
  /** The chart in words, for those who cannot see it. */
  readonly description?: string;
  /** By class: `curve <class>` is drawn in that colour, `fill <class>` is filled with it. */
  readonly inks: Readonly<Record<string, Ink>>;
  readonly body: string;
}

type Background = keyof Ink;

const PAPER: Readonly<Record<'background' | 'text' | 'muted' | 'grid', Ink>> = {
  background: { light: '#ffffff', dark: '#0d1117' },
  text: { light: '#1f2328', dark: '#e6edf3' },
  muted: { light: '#656d76', dark: '#8d96a0' },
  grid: { light: '#e6e9ed', dark: '#252b33' },
};

/** All charts of Hermes look like this. They need no font, script or style sheet from elsewhere, and are light or dark as the reader's system is. */
export function svgDocument(document: SvgDocument): string {
  const { width, height, left, inks, body } = document;
  const [title, subtitle] = [escapeXml(document.title), escapeXml(document.subtitle)];
  const description = document.description === undefined ? '' : `<desc>${escapeXml(document.description)}</desc>\n`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${title}</title>
${description}<style>
svg { font-family: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
text { font-size: 13px; font-variant-numeric: tabular-nums; }
.title { font-size: 21px; font-weight: 600; }
.tick { font-size: 12px; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.mark { font-weight: 600; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.grid { fill: none; stroke-width: 1; }
.faint { stroke-opacity: 0.5; }
.curve { fill: none; stroke-width: 2.25; stroke-linejoin: round; }
.limit { stroke-dasharray: 6 5; }
.whisker { fill: none; stroke-width: 1.5; }
.range { stroke-width: 1.5; stroke-opacity: 0.6; }
.circle { stroke-width: 1.5; }
.dot { stroke-width: 2; paint-order: stroke; }
.area { fill-opacity: 0.08; }
${rules('light', inks)}
@media (prefers-color-scheme: dark) {
${rules('dark', inks)}
}
</style>
<rect class="background" width="${width}" height="${height}"/>
<text class="title" x="${left}" y="40">${title}</text>
<text class="muted" x="${left}" y="64">${subtitle}</text>
${body}
</svg>
`;
}

function rules(background: Background, inks: SvgDocument['inks']): string {
  const of = (ink: keyof typeof PAPER) => PAPER[ink][background];
  return [
    `.background { fill: ${of('background')}; }`,
    `.title, .mark, .label { fill: ${of('text')}; }`,
    `.muted, .tick { fill: ${of('muted')}; }`,
    `.grid { stroke: ${of('grid')}; }`,
    `.whisker { stroke: ${of('text')}; }`,
    `.circle { fill: ${of('background')}; stroke: ${of('text')}; }`,
    `.mark, .dot { stroke: ${of('background')}; }`,
    ...Object.entries(inks).map(
      ([name, ink]) => `.curve.${name} { stroke: ${ink[background]}; } .fill.${name} { fill: ${ink[background]}; }`,
    ),
  ].join('\n');
}

/** Tenths of a pixel: finer than any screen, and half the size of the file. */
export function pixel(value: number): number {
  return Math.round(value * 10) / 10;
}

/** About how many pixels a text of the charts takes. It is a guess, since every reader has another font. */
export function textWidth(text: string): number {
  return text.length * 7.2;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or attribute. Control characters, which XML cannot express, become spaces. */
export function escapeXml(text: string): string {
  return text.replace(/\p{Cc}|\p{Cs}/gu, ' ').replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}
