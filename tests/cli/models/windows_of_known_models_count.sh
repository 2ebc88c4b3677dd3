# The config.json files of models with windows or linear layers are understood: long prompts take less time when asked to honour them.
try() {
  mkdir -p "$1"
  cat >"$1/config.json"
  local flags="--model $1 --model-config-folder $1 --hardware H100 --tp 1 --latency-model roofline --total-kv-blocks 20000 \
    --num-requests 3 --prompt-tokens 16000 --prompt-tokens-max 16000 --prompt-tokens-stdev 0 --output-tokens 50 --output-tokens-stdev 0"
  run blis run $flags
  expect_status 0
  save_stdout "$1/full"
  run blis run $flags --hybrid-attention-context 16000
  expect_status 0
  expect_stderr_lacks "no effect"
  expect_stderr_lacks "unknown"
  save_stdout "$1/hybrid"
  mean() { grep -o '"e2e_mean_ms": [0-9.]*' "$1" | grep -o '[0-9.]*$'; }
  run awk -v full="$(mean "$1/full")" -v hybrid="$(mean "$1/hybrid")" 'BEGIN { exit !(hybrid < full) }'
  expect_status 0
}
try gemma-2-9b <<'JSON'
{"model_type": "gemma2", "hidden_size": 3584, "intermediate_size": 14336, "num_hidden_layers": 42, "num_attention_heads": 16,
 "num_key_value_heads": 8, "head_dim": 256, "sliding_window": 4096, "vocab_size": 256000, "max_position_embeddings": 32768,
 "hidden_act": "gelu_pytorch_tanh", "torch_dtype": "bfloat16"}
JSON
try gemma-3-12b <<'JSON'
{"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "hidden_size": 3840, "intermediate_size": 15360,
 "num_hidden_layers": 48, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 256, "sliding_window": 1024,
 "sliding_window_pattern": 6, "vocab_size": 262208, "max_position_embeddings": 131072}, "torch_dtype": "bfloat16"}
JSON
try mistral-7b <<'JSON'
{"model_type": "mistral", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
 "num_key_value_heads": 8, "sliding_window": 4096, "vocab_size": 32000, "max_position_embeddings": 32768, "hidden_act": "silu",
 "torch_dtype": "bfloat16"}
JSON
try gpt-oss-small <<'JSON'
{"model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 6, "num_attention_heads": 64,
 "num_key_value_heads": 8, "head_dim": 64, "sliding_window": 128, "layer_types": ["sliding_attention", "full_attention",
 "sliding_attention", "full_attention", "sliding_attention", "full_attention"], "num_local_experts": 32, "num_experts_per_tok": 4,
 "vocab_size": 201088, "max_position_embeddings": 131072, "hidden_act": "silu", "torch_dtype": "bfloat16"}
JSON
try qwen3-next <<'JSON'
{"model_type": "qwen3_next", "hidden_size": 2048, "intermediate_size": 5120, "num_hidden_layers": 48, "num_attention_heads": 16,
 "num_key_value_heads": 2, "head_dim": 256, "full_attention_interval": 4, "num_experts": 512, "num_experts_per_tok": 10,
 "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512, "vocab_size": 151936, "max_position_embeddings": 262144,
 "hidden_act": "silu", "torch_dtype": "bfloat16"}
JSON
