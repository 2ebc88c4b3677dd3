// The official `openai` client against an emulated server: whole answers, streams, errors, abort.
// usage: node check.mjs BASE_URL        exits with 1 at the first surprise
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "Say something." }];

const models = await client.models.list();
const model = models.data[0].id;

const whole = await client.chat.completions.create({ model, messages, max_tokens: 12 });
assert.equal(whole.usage.completion_tokens, 12);
assert.equal(whole.choices[0].finish_reason, "length");
assert.equal(whole.choices[0].message.role, "assistant");

const stream = await client.chat.completions.create({
  model, messages, max_tokens: 25, stream: true, stream_options: { include_usage: true },
});
let tokens = 0;
let usage;
for await (const chunk of stream) {
  if (chunk.choices[0]?.delta?.content) tokens += 1;
  if (chunk.usage) usage = chunk.usage;
}
assert.equal(tokens, 25);
assert.equal(usage.completion_tokens, 25);

const text = await client.completions.create({ model, prompt: "x", max_tokens: 5, n: 2 });
assert.equal(text.choices.length, 2);

await assert.rejects(client.chat.completions.create({ model: "nothing", messages }), OpenAI.NotFoundError);
await assert.rejects(client.completions.create({ model, prompt: "" }), OpenAI.BadRequestError);
await assert.rejects(
  client.completions.create({ model, prompt: "x", max_tokens: 1e9 }), OpenAI.BadRequestError);

const aborted = await client.chat.completions.create({ model, messages, max_tokens: 5000, stream: true });
let seen = 0;
for await (const chunk of aborted) {
  if (chunk.choices[0]?.delta?.content && ++seen === 3) break; // closes the connection
}
assert.equal(seen, 3);
const metrics = new URL("/metrics", process.argv[2]);
for (let i = 0; ; i += 1) {
  const page = await (await fetch(metrics)).text();
  if (/^blis_requests_in_flight 0$/m.test(page)) break;
  assert.ok(i < 200, "an aborted request stays in flight");
  await new Promise((done) => setTimeout(done, 20));
}
console.log("ok");
