# Every command of the project. `make` lists them.
#
# The environment is .venv, made once and again when pyproject.toml or constraints.txt changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS ?= constraints.txt
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS)

# Worker processes of the tests; each computes with one thread.
WORKERS ?= auto
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS)

# Instruction sets as torch, oneDNN and MKL name them, from the oldest on.
CAPABILITIES := default/SSE41/SSE4_2 avx2/AVX2/AVX2 avx512/AVX512_CORE/AVX512

# What the demonstration evaluates, and by what: the probes that rank, and their controls.
DEMO_CHECKPOINT := submissions/examples/esd_x_church.safetensors
DEMO_PROBES := standard_prompt indirect_prompt resampling noise diffusion_completion_3 \
	diffusion_completion_5 inpainting_crop classifier_guidance guidance_noise textual_inversion \
	random_prefix unlearn_diff_atk retention
DEMO_OPTIONS := --concept church $(addprefix --probe ,$(DEMO_PROBES))
DEMO_OUTPUT := build/demo

.DEFAULT_GOAL := help
.PHONY: help env env-dev demo test test-all test-capabilities check site links clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(VENV)/.test ## Make the environment, with what the tests need

env-dev: $(VENV)/.dev ## Add the tools of `make check`

$(VENV)/.test: pyproject.toml constraints.txt
	@echo "installing into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) torch hatchling editables
	@$(INSTALL) --no-build-isolation -e '.[test]'
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	@$(INSTALL) --no-build-isolation -e '.[dev]'
	@touch $@

demo: env ## Evaluate an erased checkpoint and make a page of it
	$(BIN)/erasebench evaluate $(DEMO_CHECKPOINT) $(DEMO_OPTIONS) --output $(DEMO_OUTPUT)/run
	$(BIN)/erasebench site --results $(DEMO_OUTPUT)/run --output $(DEMO_OUTPUT)/site

test: env ## Run the tests but the slow ones
	$(PYTEST) -m "not slow"

test-all: env ## Run every test
	$(PYTEST)

test-capabilities: env ## Run the tests but the slow ones under each instruction set of this processor
	@best=$$($(BIN)/python -c 'import torch; print(torch.backends.cpu.get_cpu_capability())'); \
	case " $(CAPABILITIES)" in \
		*" $$(echo $$best | tr A-Z a-z)/"*) ;; \
		*) echo "instruction set: $$best, the only one known here"; $(PYTEST) -m "not slow"; exit $$? ;; \
	esac; \
	for names in $(CAPABILITIES); do \
		set -- $$(echo $$names | tr / ' '); \
		echo "instruction set: $$1"; \
		export ATEN_CPU_CAPABILITY=$$1 ONEDNN_MAX_CPU_ISA=$$2 MKL_ENABLE_INSTRUCTIONS=$$3; \
		$(PYTEST) -m "not slow" || exit 1; \
		if [ $$1 = $$(echo $$best | tr A-Z a-z) ]; then break; fi; \
	done

check: env-dev ## Check style, types, the direction of imports, and workflows
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/zizmor --quiet --offline --persona auditor .github
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml

site: env ## Render the leaderboard into build/site
	$(BIN)/erasebench site --output build/site

links: site env-dev ## Follow every link of the site, those that lead elsewhere too
	$(BIN)/linkchecker --no-warnings --check-extern build/site/index.html

clean: ## Remove the environment and all that was built
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
