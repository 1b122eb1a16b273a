"""Checkpoints as somebody else might write them: configs and files that would run, fetch, write or hang."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict

import torch

CANARY = "CANARY"  # stands for the path of a file that must not come to be


def node(target, **values):
    return {"_target_": target, **values}


def timm(name, **values):
    return node("timm.create_model", model_name=name, **values)


FLATTEN = node("torch.nn.Flatten")
SERIALIZATION = "torch.nn.functional.torch.serialization"
TIMM = {"num_classes": 8, "channels": 1, "size": 32, "small_stem": True}
TIMM_NET = "fer_lightning.nets.timm_net.TimmNet"
NET = ("model", "net")
OVERLAY = {"url": "http://127.0.0.1:9/${oc.env:SECRET}"}
DEEP: list = []
for _ in range(60):
    DEEP = [DEEP]
ENDLESS: dict = {}
ENDLESS["again"] = ENDLESS
SHARED: list = ["x"]
for _ in range(30):
    SHARED = [SHARED, SHARED]

# name: (where in the config, what is written there). One line here is one attack more.
HOSTILE = {
    # what nobody checked because it was resolved later
    "interpolation builds a node": (("loss", "weight"), "${oc.create:{_target_: pathlib.Path.write_text, x: CANARY}}"),
    "interpolation in a list": (("model", "net", "widths"), ["${oc.env:SECRET}"]),
    "interpolation in a key": (("model", "net", "${oc.env:SECRET}"), 1),
    "interpolation in a target": (("loss", "_target_"), "${oc.env:SECRET}"),
    "interpolation in _args_": (("loss", "_args_"), ["${oc.env:SECRET}"]),
    "interpolation in _convert_": (("loss", "_convert_"), "${oc.env:SECRET}"),
    "interpolation in _recursive_": (("loss", "_recursive_"), "${oc.env:SECRET}"),
    "interpolation in a class name": (("class_names",), ["${oc.env:SECRET}"] * 8),
    "interpolation in a choice": (("choices", "data"), "${oc.env:SECRET}"),
    "interpolation in what is only recorded": (("trained_on", "fold"), "${oc.env:SECRET}"),
    "an escaped interpolation": (("loss", "label"), "\\${oc.env:SECRET}"),
    "a relative interpolation": (("loss", "label"), "${..model.net._target_}"),
    # chains of attributes
    "torch by a net of torchvision": (NET, node("torchvision.models.resnet.torch.hub.load", repo_or_dir=CANARY)),
    "torch.load by torchvision": (NET, node("torchvision.models.resnet.torch.load", f=CANARY)),
    "a downloader of torchvision": (NET, node("torchvision.models._api.load_state_dict_from_url")),
    "weights' enum": (NET, node("torchvision.models.ResNet18_Weights.IMAGENET1K_V1.get_state_dict")),
    "torchvision's own get_model": (NET, node("torchvision.models.get_model", name="resnet18", weights="DEFAULT")),
    "torchvision's get_weight": (NET, node("torchvision.models.get_weight", name="ResNet18_Weights.DEFAULT")),
    "a detector with a backbone": (NET, node("torchvision.models.detection.fasterrcnn_resnet50_fpn")),
    "timm's globals": (NET, node("timm.create_model.__globals__")),
    "timm's other loaders": (NET, node("timm.models.load_checkpoint")),
    "timm's model by its module": (NET, node("timm.models.resnet.resnet18", pretrained=True)),
    "os by a module of ours": (NET, node("fer_lightning.nets.timm_net.timm.create_model", model_name="resnet18")),
    "pickle by ours": (("loss",), node("fer_lightning.training.losses.torch.serialization.pickle.loads")),
    # modules that hold classes of other places
    "a writer by torch.nn.functional": (("loss",), node(SERIALIZATION + "._open_zipfile_writer_file", name=CANARY)),
    "functools by torch.nn": (("loss",), node("torch.nn.modules.module.functools.partial")),
    "a class that torch.nn only imports": (("loss",), node("torch.nn.modules.module.OrderedDict")),
    "Path by torch.optim": (("optimizer",), node("torch.optim.optimizer.defaultdict")),
    "a function of torch.nn": (("loss",), node("torch.nn.functional.cross_entropy")),
    "a function that changes tensors": (("loss",), node("torch.nn.init.zeros_")),
    "processes by torch.nn.parallel": (NET, node("torch.nn.parallel.DistributedDataParallel", module=FLATTEN)),
    "layers copied without end": (NET, node("torch.nn.TransformerEncoder", encoder_layer=FLATTEN, num_layers=10**9)),
    # functions that run, read or write
    "a process": (("loss",), node("os.system", command=f"touch {CANARY}")),
    "a process by subprocess": (("loss",), node("subprocess.run", args=["touch", CANARY])),
    "a file": (("loss",), node("pathlib.Path.write_text", self=CANARY, data="x")),
    "numpy.load": (("loss",), node("numpy.load", file=CANARY, allow_pickle=True)),
    "joblib.load": (("loss",), node("joblib.load", filename=CANARY)),
    "torch.hub": (("loss",), node("torch.hub.load", repo_or_dir=CANARY, model="x")),
    "torch.jit": (NET, node("torch.jit.load", f=CANARY)),
    "eval": (("loss",), node("builtins.eval", source="1")),
    "Hydra itself": (("loss",), node("hydra.utils.instantiate", config=node("os.getcwd"))),
    "albumentations.load": (("preprocess",), node("albumentations.load", filepath_or_buffer=CANARY)),
    "albumentations.from_dict": (("preprocess",), node("albumentations.from_dict", transform_dict={})),
    "albumentations.Lambda": (("preprocess",), node("albumentations.Lambda", image=node("os.getcwd", _partial_=True))),
    # classes and functions of ours that write, start processes or read
    "our children": (("loss",), node("fer_lightning.run.sweep.subprocess_job.run", command=["touch", CANARY])),
    "our callbacks": (("loss",), node("fer_lightning.training.callbacks.interrupt.Interrupt", last=CANARY)),
    "our atomic checkpoints": (("loss",), node("fer_lightning.training.checkpoints.AtomicCheckpointIO")),
    "our writer": (("loss",), node("fer_lightning.atomic_write.atomic_write", path=CANARY)),
    "our commands": (("loss",), node("fer_lightning.commands.train.main")),
    "our readers": (("preprocess",), node("fer_lightning.data.readers.folder.FolderReader", dir=CANARY)),
    "our detectors": (("preprocess",), node("fer_lightning.data.preprocess.detectors.import_package", name=CANARY)),
    "our hub request": (NET, node("fer_lightning.nets.parts.pretrained.cached_weights")),
    "a module run when imported": (NET, node("torch.utils.model_dump.__main__.main")),
    # what fetches
    "pretrained_cfg_overlay": (NET, node(TIMM_NET, **TIMM, options={"pretrained_cfg_overlay": {"file": CANARY}})),
    "a secret sent away": (NET, timm("resnet18", pretrained=True, pretrained_cfg_overlay=OVERLAY)),
    "pretrained_cfg": (NET, timm("resnet18", pretrained=True, pretrained_cfg={"url": "http://127.0.0.1:9/"})),
    "checkpoint_path": (NET, timm("resnet18", checkpoint_path=CANARY)),
    "checkpoint_path in options": (NET, node(TIMM_NET, **TIMM, options={"checkpoint_path": CANARY})),
    "a hub's name": (NET, timm("hf-hub:timm/resnet18.a1_in1k")),
    "a hub's name in our net": (NET, node(TIMM_NET, **TIMM, name="hf-hub:timm/resnet18.a1_in1k")),
    "a folder's name": (NET, timm("local-dir:/tmp")),
    "pretrained by position": (NET, node("timm.create_model", _args_=["resnet18", True])),
    "pretrained by position in our net": (NET, node(TIMM_NET, _args_=[8, "resnet18", 1, 32, True])),
    "pretrained as a text": (NET, node(TIMM_NET, **TIMM, pretrained="yes")),
    "pretrained weights of torchvision": (NET, node("torchvision.models.resnet18", weights="DEFAULT")),
    "pretrained weights by position": (NET, node("torchvision.models.resnet18", _args_=["DEFAULT"])),
    "a nested node that fetches": (NET, node("torch.nn.Sequential", _args_=[timm("hf_hub:x/y")])),
    # other forms of a node
    "a target that is a list": (("loss", "_target_"), ["os", "system"]),
    "a target that is a number": (("loss", "_target_"), 7),
    "a target that is a node": (("loss", "_target_"), node("os.getcwd")),
    "a target with spaces": (("loss", "_target_"), " torch.nn.L1Loss"),
    "a target in other letters": (("loss", "_target_"), "\uff54orch.nn.L1Loss"),
    "a target of one word": (("loss", "_target_"), "eval"),
    "an empty target": (("loss", "_target_"), ""),
    "a relative target": (("loss", "_target_"), ".os.system"),
    "a nested node in a list": (("model", "net", "widths"), [[{"deep": node("os.getcwd")}]]),
    "a node as _args_": (("loss", "_args_"), node("os.getcwd")),
    "_recursive_ false": (("model", "_recursive_"), False),
    "_partial_ as a text": (("loss", "_partial_"), "yes"),
    "a key of Hydra's future": (("loss", "_factory_"), "os.system"),
    "partial by functools": (("optimizer",), node("functools.partial", _args_=[node("os.system"), CANARY])),
    # structures without an end
    "levels without an end": (("model", "net", "widths"), DEEP),
    "a map in itself": (("model", "net", "options"), ENDLESS),
    "a list that stands for a billion": (("model", "net", "widths"), SHARED),
    # memory
    "a linear layer of exabytes": (NET, node("torch.nn.Linear", in_features=10**9, out_features=10**9)),
    "a linear layer of forty gigabytes": (NET, node("torch.nn.Linear", in_features=10**5, out_features=10**5)),
    "our net as wide": (("model", "net", "hidden"), 10**8),
    "an image without an end": (("model", "input", "size"), 10**6),
    "prepared images without an end": (("preprocess", "size"), 10**6),
    "stages without an end": (NET, node(TIMM_NET, **TIMM, name="convnext_atto", options={"depths": [10**9, 1, 1, 1]})),
    "layers without an end": (NET, node("torch.nn.LSTM", input_size=1, hidden_size=1, num_layers=10**6)),
    "a light that is wider than any image": (
        ("preprocess",),
        node(
            "fer_lightning.data.preprocess.prepare.Prepare",
            size=32,
            illumination="difference_of_gaussians",
            options={"wide": 1e7},
        ),
    ),
    "a name of timm's without an end": (NET, timm("x" * 10**5)),
    "a text without an end": (NET, node("torch.nn.RNNBase", mode="x" * 10**5, input_size=1, hidden_size=1)),
    "a name without an end": (("loss", "_target_"), "torch.nn." + "a." * 10**5 + "b"),
    "a key without an end": (("loss", "x" * 10**5), 1),
    # values that no training could have had
    "half a pixel": (("preprocess", "size"), 32.5),
    "nan for a size": (("preprocess", "size"), float("nan")),
    "a text for a number": (("model", "net", "width"), "4"),
    "nan for a number": (("model", "net", "bias"), float("nan")),
    "a number below its range": (("loss", "label_smoothing"), -1.0),
    "a class name that clears the screen": (("class_names",), [f"\x1b[2J{number}" for number in range(8)]),
    "a class name of half a character": (("class_names",), [f"\ud800{number}" for number in range(8)]),
    "class names that are the same": (("class_names",), ["happy"] * 8),
    "a function whose parameters Python cannot tell": (("optimizer", "_target_"), "torch.optim._multi_tensor.SGD"),
    # other types
    "a net that is a text": (NET, "fer_lightning.nets.cnn.Cnn"),
    "no map of a group": (("optimizer",), ["torch.optim.SGD"]),
    "class names that are a text": (("class_names",), "happy"),
    "a class name that is a node": (("class_names",), [node("os.getcwd")] * 8),
    "a number for the input": (("model", "input"), 32),
    "a descriptor that is a list": (("model", "input", "hog"), [1]),
    "a loss that is a part of one": (("loss", "_partial_"), True),
    "an optimizer for a net": (NET, node("torch.optim.SGD", params=[], lr=0.1)),
    "a tensor for a value": (("model", "net", "hidden"), torch.ones(3)),
    "bytes for a value": (("model", "net", "hidden"), b"x"),
    "a key that moves the cursor": (("choices", "\x1b[2J"), "x"),
    "what trained it as a text": (("trained_on",), "fer2013"),
    "a net that is a part of one": (("model", "net", "_partial_"), True),
    "another module in the model's place": (("model", "_target_"), "torch.nn.Flatten"),
}  # fmt: skip


class Told:
    """What a pickle would call."""

    def __init__(self, called, *arguments):
        self.called, self.arguments = called, arguments

    def __reduce__(self):
        return self.called, self.arguments


def archived(content, **more):
    """A file as torch writes it, but for its pickle and further members, which may be compressed."""
    stream = io.BytesIO()
    torch.save({}, stream)
    whole = io.BytesIO()
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(whole, "w") as made:
        for member in source.infolist():
            made.writestr(member.filename, content if member.filename.endswith("data.pkl") else source.read(member))
        for member, (inner, how) in more.items():
            made.writestr(f"archive/{member}", inner, compress_type=how)
    return whole.getvalue()


def encoded(text, codec):
    """A pickle that encodes a text when it is read."""
    parts = (b"X" + struct.pack("<L", len(part)) + part for part in (text.encode(), codec.encode()))
    return b"\x80\x02c_codecs\nencode\n(" + b"".join(parts) + b"tR."


def with_attribute(path, name):
    """Weights whose method of this name is a number, as a pickle may say, and Python's own pickler cannot."""
    weights = OrderedDict(x=torch.zeros(1))
    weights.__dict__[name.upper()] = 1
    stream = io.BytesIO()
    torch.save({"fer_config": {}, "state_dict": weights}, stream)
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(path, "w") as made:
        for member in source.infolist():
            made.writestr(member.filename, source.read(member).replace(name.upper().encode(), name.encode()))


def pickled(value):
    return pickle.dumps(value, protocol=2)


FILES = {
    "a pickle that runs": lambda _: archived(pickled(Told(os.system, "false"))),
    "a pickle of a class that other packages call safe": lambda _: archived(
        b"\x80\x02ctorch.distributed.device_mesh\nDeviceMesh\n(X\x03\x00\x00\x00cpuK\x00tR."
    ),
    "a pickle that ends the process": lambda _: archived(b"\x80\x02cbuiltins\nSystemExit\n(K\x00tR."),
    "a pickle of bytes without an end": lambda _: archived(pickled(Told(bytearray, 1 << 40))),
    "a newer pickle": lambda _: archived(pickle.dumps(Told(os.system, "false"), protocol=4)),
    "no ZIP archive": lambda _: pickled(Told(os.system, "false")),
    "torch's older form": lambda path: torch.save({}, path, _use_new_zipfile_serialization=False),
    "a member that unpacks to ten times as much": lambda _: archived(
        pickled({}), bomb=(b"\0" * 10**6, zipfile.ZIP_DEFLATED)
    ),
    "a member compressed otherwise": lambda _: archived(pickled({}), bomb=(b"\0" * 10**6, zipfile.ZIP_LZMA)),
    "an archive without a pickle": lambda path: zipfile.ZipFile(path, "w").writestr("archive/x", "x"),
    "an empty archive": lambda path: zipfile.ZipFile(path, "w").close(),
    "a list": lambda path: torch.save([1], path),
    "a config that is a list": lambda path: torch.save({"fer_config": [], "state_dict": {}}, path),
    "more plain data than any": lambda _: archived(pickled([f"{n:0100}" for n in range(200_000)])),
    "a pickle that takes from an empty stack": lambda _: archived(b"\x80\x02R."),
    "weights that are no map": lambda path: with_attribute(path, "keys"),
    "a text that takes hours to encode": lambda _: archived(
        encoded("".join(chr(0x4E00 + n % 20000) for n in range(10**6)), "punycode")
    ),
    "a pickle under its name in capitals": lambda _: archived(
        pickled({}), **{"DATA.PKL": (pickled(Told(os.system, "false")), zipfile.ZIP_STORED)}
    ),
    "a config without an end": lambda path: torch.save({"fer_config": ENDLESS, "state_dict": {}}, path),
}
