# The commands of the project. `make help` lists them; a finished step leaves a stamp and is not done again.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
S := .stamps
PY := .venv/bin/python
PHONE := $(shell find pwa/src pwa/static -type f -not -name 'api.d.ts') pwa/build.mjs pwa/parts.mjs pwa/texts.mjs pwa/package-lock.json $(wildcard pwa/index.html)
.PHONY: help serve test bench lint format seed clean

help: ## list the commands 列出命令
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

serve: $(S)/system-serve $(S)/command pwa/build/assets.json ## start everything (PORT HOST TLS XUNTING_DATA) 启动
	@exec $(PY) -m server serve

test: $(S)/system-test $(S)/dev $(S)/command pwa/build/assets.json ## run every test 运行全部测试
	@exec tests/run.sh

lint: $(S)/dev $(S)/npm ## formats, types, floors 检查格式、类型与分层
	@exec tests/run.sh lint

format: $(S)/dev ## put the Python files into shape 整理格式
	@.venv/bin/ruff check -q --fix . && .venv/bin/ruff format -q .

bench: $(S)/system-test $(S)/dev $(S)/command $(S)/lighthouse pwa/build/assets.json ## measure, beside floors of the same run 性能测量
	@for name in phone photo lighthouse server report folder standards likeness review figures close what_if overview; do echo "== $$name"; $(PY) -m benchmarks.$$name; done

seed: $(S)/system-serve $(S)/command ## create the demonstration anew in an empty data folder 建立演示数据
	@exec $(PY) -m server demo

clean: ## remove what was installed and built, never the data 清除安装与构建
	@rm -rf .venv $(S) pwa/node_modules benchmarks/node_modules pwa/build pwa/src/data/api.d.ts *.egg-info .mypy_cache .ruff_cache .import_linter_cache

$(S)/system-%: requirements/system.sh
	@mkdir -p $(S) && requirements/system.sh $* && touch $@

$(S)/venv: requirements/uv.sh
	@mkdir -p $(S) && requirements/uv.sh && touch $@

$(S)/runtime: $(S)/venv requirements/runtime.txt
	@requirements/uv.sh requirements/runtime.txt && touch $@

$(S)/dev: $(S)/runtime requirements/dev.txt
	@requirements/uv.sh requirements/dev.txt && touch $@

$(S)/command: $(S)/runtime pyproject.toml
	@.venv/bin/uv pip install -q --offline --no-deps --no-build-isolation -e . && touch $@

$(S)/npm: pwa/package-lock.json $(S)/system-serve
	@echo "安装手机端依赖 installing what the phone app needs …" && cd pwa && npm ci --ignore-scripts --silent && touch ../$@

$(S)/lighthouse: benchmarks/package-lock.json $(S)/system-serve
	@echo "安装 Lighthouse installing Lighthouse, for these measures alone …" && cd benchmarks && npm ci --ignore-scripts --silent && touch ../$@

pwa/build/assets.json: $(S)/npm $(PHONE)
	@echo "构建手机端 building the phone app …" && cd pwa && node build.mjs >/dev/null && touch build/assets.json
