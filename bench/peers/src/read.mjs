// What the platform costs for handing a body over: read, then nothing.
export default {
	async fetch(request) {
		const body = await request.arrayBuffer();
		return Response.json({ success: true, bytes: body.byteLength });
	},
};
