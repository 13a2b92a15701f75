"""The commands ``audit`` and ``accounts``."""

from __future__ import annotations

import click

from pipeline.audit.accounts import checked_name, hash_password
from pipeline.audit.serve import serve
from pipeline.batch.run import open_database
from pipeline.cli.show import require_outputs
from pipeline.errors import ExitCode, SetupError
from pipeline.settings import Settings
from pipeline.store import PIPELINE, Role


def audit_command(settings: Settings, *, browse: bool) -> int:
    """Serve the audit page until Ctrl+C."""
    require_outputs(settings)

    def tell(address: str, first: str) -> None:
        click.echo(f"审核页已打开：{address}（按 Ctrl+C 关闭）")
        if first != address:
            click.echo(f"还没有用户，请先用这个地址建立管理员：{first}")

    serve(settings, browse=browse, tell=tell)
    return ExitCode.OK


def account_command(settings: Settings, name: str, role: str | None, *, stop: bool) -> int:
    """Make an account, give it a new password or role, or stop it; for when nobody can sign in."""
    require_outputs(settings)
    name = checked_name(name)
    with open_database(settings) as store:
        known = store.user(name)
        if stop:
            if known is None:
                raise SetupError(f"没有用户“{name}”。")
            store.change_user(name, actor=PIPELINE, active=False)
            click.echo(f"已停用“{name}”。")
            return ExitCode.OK
        password = click.prompt("新密码", hide_input=True, confirmation_prompt="再输一次")
        if known is None:
            store.add_user(name, Role(role or Role.CLERK.value), hash_password(password), actor=PIPELINE)
            click.echo(f"已新建“{name}”。")
        else:
            new_role = Role(role) if role else None
            store.change_user(name, actor=PIPELINE, role=new_role, password_hash=hash_password(password), active=True)
            click.echo(f"已重设“{name}”。")
    return ExitCode.OK
