#!/usr/bin/env python3
"""Tests of run_document.py itself: a wrong document must not pass. `blis` is played by a small shell script."""
import os
import stat
import tempfile
import unittest

import run_document

FAKE_BLIS = """#!/bin/sh
case $1 in
  say) shift; printf '%s\\n' "$@" ;;
  show) cat "$2" ;;
  fail) echo "no such model" >&2; exit 1 ;;
esac
"""


class RunDocument(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = scratch.name
        self.blis = os.path.join(self.folder, "fake-blis")
        with open(self.blis, "w", encoding="utf-8") as file:
            file.write(FAKE_BLIS)
        os.chmod(self.blis, os.stat(self.blis).st_mode | stat.S_IXUSR)

    def check(self, text):
        document = os.path.join(self.folder, "document.md")
        with open(document, "w", encoding="utf-8") as file:
            file.write(text)
        return run_document.check_document(self.blis, document, self.folder)

    def assert_runs(self, text, commands):
        self.assertEqual(self.check(text), (commands, []))

    def assert_complains(self, text, part):
        complaints = self.check(text)[1]
        self.assertEqual(len(complaints), 1, complaints)
        self.assertIn(part, complaints[0])

    def test_runs_commands_of_both_kinds_of_blocks(self):
        self.assert_runs("```console\n$ blis say a\n```\n```sh\nmake demo\nblis say b\n```\n", 2)

    def test_leaves_other_blocks_alone(self):
        self.assert_runs("```text\nblis fail\n```\n```\n$ blis fail\n```\n", 0)

    def test_complains_about_a_failing_command(self):
        self.assert_complains("```sh\nblis fail\n```\n", "status 1")

    def test_complains_when_a_command_should_fail_and_does_not(self):
        self.assert_complains("<!-- docs-test: fails -->\n```sh\nblis say a\n```\n", "status 0")

    def test_compares_the_output_shown(self):
        self.assert_runs("```console\n$ blis say a b\na\nb\n```\n", 1)
        self.assert_complains("```console\n$ blis say a b\na\nc\n```\n", "output")
        self.assert_complains("```console\n$ blis say a b\na\n```\n", "output")

    def test_dots_stand_for_any_lines(self):
        self.assert_runs("```console\n$ blis say a b c d\na\n...\nd\n```\n", 1)
        self.assert_complains("```console\n$ blis say a b c d\na\n...\nx\n```\n", "output")

    def test_shows_the_error_of_a_failing_command(self):
        self.assert_runs("<!-- docs-test: fails -->\n```console\n$ blis fail\nno such model\n```\n", 1)

    def test_a_file_block_feeds_the_commands_below(self):
        self.assert_runs("<!-- docs-test: file new/a.yaml -->\n```yaml\nx: 1\n```\n"
                         "```console\n$ blis show new/a.yaml\nx: 1\n```\n", 1)

    def test_skips_marked_blocks(self):
        self.assert_runs("<!-- docs-test: skip needs a server -->\n```sh\nblis fail\n```\n", 0)

    def test_joins_continued_lines(self):
        self.assert_runs("```console\n$ blis say a \\\n    b\na\nb\n```\n", 1)

    def test_a_skip_needs_a_reason(self):
        with self.assertRaises(run_document.DocumentError):
            self.check("<!-- docs-test: skip -->\n```sh\nblis fail\n```\n")

    def test_refuses_unknown_markers_and_open_blocks(self):
        with self.assertRaises(run_document.DocumentError):
            self.check("<!-- docs-test: sometimes -->\n```sh\nblis say a\n```\n")
        with self.assertRaises(run_document.DocumentError):
            self.check("```sh\nblis say a\n")

    def test_complains_about_a_dead_link(self):
        self.assert_complains("See [there](nowhere.md#part).\n", "nowhere.md")


if __name__ == "__main__":
    unittest.main()
