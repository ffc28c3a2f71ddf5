import { HermesError } from '../errors.js';

const SUPPORTED = ['linux-x64', 'linux-arm64'];

/** @throws HermesError ERR_HERMES_UNSUPPORTED_PLATFORM on anything but 64-bit little-endian Linux on x86-64 or arm64 */
export function checkPlatform(platform: string = process.platform, arch: string = process.arch): void {
  if (!SUPPORTED.includes(`${platform}-${arch}`)) {
    throw new HermesError(
      'ERR_HERMES_UNSUPPORTED_PLATFORM',
      `Hermes does not run on ${platform}-${arch}: it maps files and takes kernel locks as Linux does; use ${SUPPORTED.join(' or ')}`,
    );
  }
}
