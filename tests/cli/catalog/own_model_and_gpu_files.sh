# A model and a GPU that the catalogue does not know, described by the files that everybody has: config.json and a table.
mkdir model
cat >model/config.json <<'END'
{"architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
 "num_attention_heads": 32, "num_key_value_heads": 8, "max_position_embeddings": 8192, "vocab_size": 128256,
 "torch_dtype": "bfloat16"}
END
cat >gpus.json <<'END'
{"MyGPU": {"TFlopsPeak": 400.0, "TFlopsFP8": 800.0, "BwPeakTBs": 2.0, "mfuPrefill": 0.45, "mfuDecode": 0.3, "MemoryGiB": 48.0}}
END
run blis run --model me/my-model --model-config-folder model --hardware-config gpus.json --hardware MyGPU --tp 1 \
  --latency-model roofline --num-requests 3
expect_status 0
expect_stdout_contains '"completed_requests": 3'
