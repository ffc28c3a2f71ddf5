import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../../../', import.meta.url));
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const TIMEOUT_MS = 120_000;

/** A project with the packed package as its one dependency, on a PATH with Node, npm and the shell that npm runs scripts with: no compiler. */
export class PackedProject {
  private readonly scratch: string = fs.mkdtempSync(path.join(os.tmpdir(), 'hermes-pack-'));
  readonly directory: string = path.join(this.scratch, 'project');
  readonly installed: string = path.join(this.directory, 'node_modules/hermes-ipc');
  readonly tarball: string = path.join(this.scratch, `hermes-ipc-${manifest.version}.tgz`);

  /** Packs a checkout in which nothing is built, as what is tested is what would be published, and installs it. */
  constructor() {
    this.makePath();
    this.pack();
    fs.mkdirSync(this.directory);
    this.write('package.json', JSON.stringify({ private: true, type: 'module' }));
    this.succeed(this.directory, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', this.tarball]);
  }

  /** Writes a file of the project; its path. */
  write(name: string, text: string): string {
    const file = path.join(this.directory, name);
    fs.writeFileSync(file, text);
    return file;
  }

  /** Runs Node in the project. */
  node(args: readonly string[], segments = ''): SpawnSyncReturns<string> {
    return this.run(this.directory, 'node', args, segments);
  }

  /** Runs a program of the checkout's packages, which are not the project's. */
  tool(script: string, args: readonly string[]): SpawnSyncReturns<string> {
    return this.node([path.join(root, 'node_modules', script), ...args]);
  }

  /** Every file of the installed package. */
  get files(): string[] {
    const names = fs.readdirSync(this.installed, { recursive: true, encoding: 'utf8' });
    return names.filter((name) => fs.statSync(path.join(this.installed, name)).isFile());
  }

  read(name: string): string {
    return fs.readFileSync(path.join(this.installed, name), 'utf8');
  }

  remove(): void {
    fs.rmSync(this.scratch, { recursive: true, force: true });
  }

  private makePath(): void {
    const bin = path.join(this.scratch, 'bin');
    fs.mkdirSync(bin);
    const npm = process.env
      .PATH!.split(path.delimiter)
      .map((directory) => path.join(directory, 'npm'))
      .find((file) => fs.existsSync(file));
    fs.symlinkSync(process.execPath, path.join(bin, 'node'));
    fs.symlinkSync(fs.realpathSync(npm!), path.join(bin, 'npm'));
    fs.symlinkSync('/bin/sh', path.join(bin, 'sh'));
  }

  private pack(): void {
    const checkout = path.join(this.scratch, 'checkout');
    for (const name of ['package.json', 'tsconfig.json', 'scripts', 'src', ...manifest.files, 'README.md', 'LICENSE']) {
      const source = path.join(root, name);
      if (!name.startsWith('dist') && fs.existsSync(source)) {
        fs.cpSync(source, path.join(checkout, name), { recursive: true });
      }
    }
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(checkout, 'node_modules'));
    this.succeed(checkout, 'npm', ['pack', '--pack-destination', this.scratch]);
  }

  private succeed(cwd: string, program: string, args: readonly string[]): void {
    const { status, stdout, stderr } = this.run(cwd, program, args);
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`);
  }

  private run(cwd: string, program: string, args: readonly string[], segments = ''): SpawnSyncReturns<string> {
    const bin = path.join(this.scratch, 'bin');
    const env: NodeJS.ProcessEnv = { ...process.env, PATH: bin, HERMES_DIR: segments };
    env.NODE_EXTRA_CA_CERTS ??= env.HERMES_TEST_CA_CERTS; // see scripts/vitest.js; npm may need them
    // The npm that runs this suite tells its children where its project is.
    for (const name of Object.keys(env))
      if (/^npm_(package|lifecycle|config_local_prefix)/.test(name)) delete env[name];
    return spawnSync(path.join(bin, program), args, { cwd, env, encoding: 'utf8', timeout: TIMEOUT_MS });
  }
}
