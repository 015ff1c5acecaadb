"""How is a result signed? As Content Credentials (C2PA), with the user's own certificate, by c2pa-python."""

from __future__ import annotations

import mimetypes
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from colorizer.errors import ColorizerError
from colorizer.photo import provenance
from colorizer.photo.metadata import Step

CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


class Signer:
    """Signs with a chain of certificates and a private key, both in PEM; ColorizerError where they can't."""

    def __init__(self, certificates: str | None, key: str | None) -> None:
        if not (certificates and key):
            raise ColorizerError("--credentials CERT.pem and --key KEY.pem go together. Give both, or none.")
        try:
            self.c2pa = import_module("c2pa")
            pems = [Path(name).read_bytes() for name in (certificates, key)]
            read = import_module("cryptography.hazmat.primitives.serialization").load_pem_private_key
            curve = getattr(private := read(pems[1], None), "curve", None)
            kind = CURVES[curve.name] if curve else "ps256" if hasattr(private, "key_size") else "ed25519"
            self.signer = self.c2pa.Signer.from_info(self.c2pa.C2paSignerInfo(kind.encode(), *pems, None))
        except ImportError:
            raise ColorizerError("--credentials needs: pip install -r requirements-credentials.txt") from None
        except Exception as error:  # whatever there may be in such files
            why = f"“{certificates}” and “{key}” can't sign ({' '.join(str(error).split())[:120]})"
            raise ColorizerError(f"{why}. Give certificates and their key, without a password.") from None

    def sign(self, file: Path, source: Path, step: Step) -> None:
        """Sign the file that the step made of the source, in its place; what can't be signed doesn't stay."""
        from colorizer.weights.manifest import write_whole

        program = dict(zip(("name", "version"), provenance.PROGRAM.split(), strict=True))
        done = {"action": "c2pa.edited", "softwareAgent": program, "description": provenance.sentence(step)}
        done["digitalSourceType"] = provenance.IPTC + provenance.source_type(step)
        actions = {"label": "c2pa.actions.v2", "data": {"actions": [done]}}
        told = {"claim_generator_info": [program], "title": file.name, "assertions": [actions]}
        try:
            how = {"builder": {"thumbnail": {"enabled": False}}}
            builder = self.c2pa.Builder(told, self.c2pa.Context.from_dict(how))
            builder.set_intent(self.c2pa.C2paBuilderIntent.EDIT)
            with suppress(self.c2pa.C2paError), source.open("rb") as original:  # some kinds it can't read
                parent = {"title": source.name, "relationship": "parentOf"}
                builder.add_ingredient(parent, mimetypes.guess_type(source)[0] or "", original)
            write_whole(file, lambda part: builder.sign_file(file, part, self.signer))
        except self.c2pa.C2paError as error:
            file.unlink()
            raise ColorizerError(f"The result can't be signed ({str(error)[:120]}).") from None
