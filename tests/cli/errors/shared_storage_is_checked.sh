# Devices and stores that instances share say what is wrong with them, by line and key.
chain() {
  cat >chain.yaml <<YAML
kv_offload:
  cpu_bytes_to_use: 1073741824
  secondary_tiers:
    - {$1}
    - {type: fs, root_dir: /b, direct_io: true, device_class: sata_ssd, shared_device: disk, shared_read_bandwidth: 500, shared_write_bandwidth: 400}
YAML
  run blis run --model qwen/qwen3-14b --num-requests 2 --kv-offload-config chain.yaml
  expect_status 1
  expect_empty_stdout
  expect_stderr_contains "chain.yaml:4"
}
chain "type: fs, root_dir: /a, direct_io: true, device_class: nvme_gen4, shared_device: disk"
expect_stderr_contains "secondary_tiers[0].shared_read_bandwidth"
chain "type: fs, root_dir: /a, direct_io: true, device_class: nvme_gen4, shared_read_bandwidth: 5"
expect_stderr_contains "secondary_tiers[0].shared_device"
chain "type: fs, root_dir: /a, direct_io: true, device_class: nvme_gen4, capacity_bytes: 5"
expect_stderr_contains "remote"
chain "type: remote, root_dir: pool, device_class: s3, capacity_bytes: -1"
expect_stderr_contains "secondary_tiers[0].capacity_bytes"
chain "type: remotes, root_dir: pool, device_class: s3"
expect_stderr_contains "(valid: fs, remote)"

cat >chain.yaml <<YAML
kv_offload:
  cpu_bytes_to_use: 1073741824
  secondary_tiers:
    - {type: remote, root_dir: pool, device_class: s3, shared_device: net, shared_read_bandwidth: 500, shared_write_bandwidth: 400}
    - {type: remote, root_dir: other, device_class: s3, shared_device: net, shared_read_bandwidth: 500, shared_write_bandwidth: 300}
YAML
run blis run --model qwen/qwen3-14b --num-requests 2 --kv-offload-config chain.yaml
expect_status 1
expect_stderr_contains "chain.yaml:5"
expect_stderr_contains "has other bandwidths in another tier"
