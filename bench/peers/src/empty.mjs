// What the platform costs for a request and its answer.
export default {
	async fetch() {
		return Response.json({ success: true });
	},
};
