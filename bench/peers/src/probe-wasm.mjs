// Keeps every wasm instance that is created after this module has run.
export const instances = [];

WebAssembly.Instance = class extends WebAssembly.Instance {
	constructor(...parameters) {
		super(...parameters);
		instances.push(this);
	}
};
