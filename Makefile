# The two commands a new machine needs: `make run` and `make test`. Both install what they need first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install run test lint bench accuracy faults lock clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
	{ echo "Python 3.11 is needed / 需要 Python 3.11：make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@# The three OpenCV wheels share one folder: the headless one last, since it needs no display libraries.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall \
	    $$(grep '^opencv-python-headless==' requirements.lock)
	@touch $(STAMP)

run: install
	@$(BIN)/python run_pipeline.py; status=$$?; \
	echo; echo "结果在 outputs/：双报到台账.xlsx、服务反馈台账.xlsx、records.jsonl；无法处理的文件在 outputs/quarantine/。"; \
	exit $$status

test: install
	@# Chromium for the tests of the audit page, where the machine has none and lets one be installed.
	$(BIN)/python -m tests.support.browser
	@# LibreOffice for the tests of the workbooks, likewise.
	$(BIN)/python -m tests.support.libreoffice
	$(BIN)/python -m pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(BIN)/python -m benchmarks.pages

# The labelled corpus the figures are of, and sets of our own: in the corpus' layouts, and two in layouts that
# the corpus does not have. Faults these two showed have been fixed: a new layout tells more than they do.
CORPUS ?= ../shared/corpus/dev
SETS := .cache/synthesis

accuracy: install $(SETS)/seen $(SETS)/heldout $(SETS)/fresh
	$(BIN)/python -m benchmarks.accuracy $(CORPUS) --seen $(SETS)/seen --heldout $(SETS)/heldout --heldout $(SETS)/fresh

$(SETS)/seen: COUNT = 42 --seed 11
$(SETS)/heldout: COUNT = 60 --seed 2
$(SETS)/fresh: COUNT = 55 --seed 11
$(SETS)/%: | install
	$(BIN)/python -m tests.synthesis.fonts --install
	$(BIN)/python -m tests.synthesis $@ --group $* --count $(COUNT)

# Kills, bad files, full disks, many files: half an hour on two cores. What is wrong is printed, and stops it.
faults: install
	$(BIN)/python -m tests.faults.kill9
	$(BIN)/python -m tests.faults.mangled
	$(BIN)/python -m tests.faults.resources
	$(BIN)/python -m tests.faults.idle

# Pins every dependency for all supported platforms. Run after changing pyproject.toml.
lock: install
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache
