import { HermesError } from '../errors.js';
import { koffiMapper } from './koffi-mapper.js';
import type { Mapper } from './mapper.js';
import { mmapIoMapper } from './mmap-io-mapper.js';

/**
 * The mapper that `HERMES_MAPPER` chooses: `koffi` (default) or `mmap-io`, which must be installed beside Hermes.
 * @throws HermesError ERR_HERMES_INVALID_OPTION
 */
export function chosenMapper(name: string = process.env.HERMES_MAPPER ?? 'koffi'): Mapper {
  if (name === 'koffi' || name === '') return koffiMapper();
  if (name === 'mmap-io') return mmapIoMapper();
  throw new HermesError('ERR_HERMES_INVALID_OPTION', `HERMES_MAPPER is ${name}: give koffi or mmap-io`);
}
