// What the platform costs for handing over a body: it is read, nothing else.
export default {
	async fetch(request) {
		const body = await request.arrayBuffer();
		return Response.json({ success: true, bytes: body.byteLength });
	},
};
