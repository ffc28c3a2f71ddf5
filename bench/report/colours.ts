import { BARE, CLAIMS, COPY, DOORBELL, HERMES, NATIVE, NATS, REDIS, ZEROMQ } from '../contestants/names.js';

/**
 * Every contestant has one colour, in every chart: after Okabe and Ito, so that people who see fewer colours can tell them apart, and
 * darker or lighter where the background is light or dark. Curves of Hermes alone are shades of its blue.
 */
const COLOURS = {
  hermes: { light: '#0072b2', dark: '#4aa8e0' },
  claims: { light: '#3f9fd8', dark: '#9bd3f5' },
  doorbell: { light: '#a2478a', dark: '#cc79b0' },
  native: { light: '#d55e00', dark: '#ff8a3d' },
  bare: { light: '#b88a00', dark: '#b98f17' },
  kernel: { light: '#008060', dark: '#1d8f71' },
  server: { light: '#6b7280', dark: '#6b7684' },
  limit: { light: '#4b5563', dark: '#b6bec9' },
  shade0: { light: '#7fb8dc', dark: '#3a7fb0' },
  shade1: { light: '#3a94cb', dark: '#5fa9d9' },
  shade2: { light: '#0072b2', dark: '#93cbee' },
  shade3: { light: '#003f66', dark: '#d3ebfa' },
} as const;

export type Colour = keyof typeof COLOURS;

const OF_CONTESTANTS: Readonly<Record<string, Colour>> = {
  [HERMES]: 'hermes',
  [CLAIMS]: 'claims',
  [DOORBELL]: 'doorbell',
  [NATIVE]: 'native',
  [COPY]: 'limit',
  [ZEROMQ]: 'kernel',
  [REDIS]: 'server',
  [NATS]: 'server',
};

/** What is not named goes through the kernel, too. */
export function colourOf(contestant: string): Colour {
  if (Object.hasOwn(OF_CONTESTANTS, contestant)) return OF_CONTESTANTS[contestant]!;
  return contestant.startsWith(BARE) ? 'bare' : 'kernel';
}

/** Of the curves of Hermes alone, from the faintest to the strongest. */
export const SHADES: readonly Colour[] = ['shade0', 'shade1', 'shade2', 'shade3'];

/** Rules of style for one background. */
export function colourRules(background: 'light' | 'dark'): string {
  return Object.entries(COLOURS)
    .map(([name, of]) => `.curve.${name} { stroke: ${of[background]}; } .fill.${name} { fill: ${of[background]}; }`)
    .join('\n');
}
