import { Module } from "../../nn/module.js";

/** No layer at all: what an encoder alone has on top. */
export class NoHead extends Module {}
