/** The part of prebuildify that is used here; the package brings no types. */
declare module "prebuildify" {
  interface Options {
    /** The folder to build in; binaries are taken from its `build/Release` and put into its `prebuilds`. */
    cwd: string;
    /** What the .node file is called. */
    name: string;
    /** One build for all versions of Node.js. */
    napi: boolean;
    strip: boolean;
    /** The program that builds. */
    nodeGyp: string;
  }

  export default function prebuildify(options: Options, done: (error?: Error | null) => void): void;
}
