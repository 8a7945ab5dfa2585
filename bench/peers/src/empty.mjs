// What the platform costs for a request whose body nobody looks at. The runtime still receives it.
export default {
	async fetch() {
		return Response.json({ success: true });
	},
};
