/** The part of node-gyp-build that is used here; the package brings no types. */
declare module "node-gyp-build" {
  const nodeGypBuild: {
    /** The .node file in `build/Release` of a folder, else in its `prebuilds` for this machine. Throws where there is none. */
    path(folder: string): string;
  };
  export default nodeGypBuild;
}
