import { colourRules } from './colours.js';

/** Colours of the bench's charts but for the contestants', for light and dark readers: those of the latency chart. */
const LIGHT = { background: '#ffffff', text: '#1f2328', muted: '#656d76', grid: '#e6e9ed' };
const DARK = { background: '#0d1117', text: '#e6edf3', muted: '#8d96a0', grid: '#252b33' };
/** A chart as a document: it needs no font, script or style sheet from elsewhere. */
export function svgDocument(width: number, height: number, title: string, subtitle: string, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escapeXml(title)}</title>
<style>
svg { font-family: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
text { font-size: 13px; font-variant-numeric: tabular-nums; }
.title { font-size: 21px; font-weight: 600; }
.tick { font-size: 12px; }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.grid { fill: none; stroke-width: 1; }
.curve { fill: none; stroke-width: 2.25; stroke-linejoin: round; }
.limit { stroke-dasharray: 6 5; }
.whisker { fill: none; stroke-width: 1.5; }
.range { stroke-width: 1.5; stroke-opacity: 0.6; }
.mark { stroke-width: 1.5; }
${backgroundRules(LIGHT)}
${colourRules('light')}
@media (prefers-color-scheme: dark) {
${backgroundRules(DARK)}
${colourRules('dark')}
}
</style>
<rect class="background" width="${width}" height="${height}"/>
<text class="title" x="24" y="38">${escapeXml(title)}</text>
<text class="muted" x="24" y="62">${escapeXml(subtitle)}</text>
${body}
</svg>
`;
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Tenths of a pixel. */
export function pixel(value: number): number {
  return Math.round(value * 10) / 10;
}

function backgroundRules(palette: typeof LIGHT): string {
  return [
    `.background { fill: ${palette.background}; }`,
    `.title, .label { fill: ${palette.text}; }`,
    `.muted, .tick { fill: ${palette.muted}; }`,
    `.grid { stroke: ${palette.grid}; }`,
    `.whisker { stroke: ${palette.text}; }`,
    `.mark { fill: ${palette.background}; stroke: ${palette.text}; }`,
  ].join('\n');
}

/** About how many pixels a text of the charts takes: no font tells, for each reader has another. */
export function textWidth(text: string): number {
  return text.length * 7.2;
}
