# make demo   set up everything and run the main job once, from gathering to the provider's events
# make test   set up everything, lint, and run every test CI runs
# make lint   ruff, mypy, import-linter, djlint, codespell
# make bench  the speed bars, each as a ratio against a hand-written limit in the same run
# make eval   how well sources are read, joined and checked, on a labelled set of our own
# make torture, make simulate, make mutation  the proof of delivery at full size, see docs/contributor.md
# make lock   resolve the dependencies anew into requirements.lock
# make caniemail  fetch what mail programs support (npm) and trim it to those we name

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test lint bench eval torture mutation simulate lock setup clean caniemail

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "newsletter needs Python 3.11 or later; set PYTHON=/path/to/python3")'
	@$(PYTHON) -m venv .venv || { echo "No venv module: on Debian, apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13'
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)
	@$(BIN)/newsletter demo

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --quiet --lint -e j2 templates newsletter/web/studio/pages
	$(BIN)/codespell

test: $(READY) lint
	$(BIN)/pytest -n auto

bench: $(READY)
	$(BIN)/python -m benchmarks

eval: $(READY)
	$(BIN)/python -m tests.evaluation

torture: $(READY)
	$(BIN)/python -m tests.proof.torture

mutation: $(READY)
	$(BIN)/python -m tests.proof.mutation

SEEDS ?= 10000
simulate: $(READY)
	PYTHONHASHSEED=0 $(BIN)/python -m tests.proof.simulation $(SEEDS)

lock: $(READY)
	$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --group dev --all-extras --universal \
		--generate-hashes --no-annotate --no-header --python-version 3.11 -o requirements.lock

caniemail: $(READY)
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && cd "$$folder" && \
		npm pack --silent caniemail@latest > /dev/null && tar xzf caniemail-*.tgz && \
		$(CURDIR)/$(BIN)/python -m newsletter.render.clients.refresh package/data/caniemail.json

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
