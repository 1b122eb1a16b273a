"""Faster R-CNN for expressions: its answer is that of the best box, and its own losses teach it."""

from __future__ import annotations

import pytest
import torch
from torchvision.ops import box_iou

from fer_lightning.errors import FerError
from fer_lightning.nets.faster_rcnn import FasterRcnn, Judged, Predictor, best, whole

SIZE = 32
NAMES = {"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"}


def small(classes=3, seed=0, **options):
    torch.manual_seed(seed)
    return FasterRcnn(classes, size=SIZE, **{"widths": (8, 16, 16), "proposals": 6, "hidden": 16} | options)


def noise(count=4, seed=1):
    return torch.randn(count, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))


def halves(count=8):
    """Bright above (class 0) and bright below (class 1) by turns, under noise."""
    images, labels = noise(count) / 10, torch.arange(count) % 2
    images[0::2, :, : SIZE // 2] += 1
    images[1::2, :, SIZE // 2 :] += 1
    return images, labels


def trained(steps):
    """A net after some steps on `halves`, and its losses before each, one column a loss."""
    net, (images, labels) = small(classes=2).train(), halves()
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
    rows = []
    for _ in range(steps):
        losses = torch.stack(list(net.losses(images, labels)[0].values()))
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        rows.append(losses.detach())
    return net.eval(), torch.stack(rows)


@pytest.fixture(scope="module")
def learned():
    return trained(100)


def test_a_logit_is_the_log_of_the_highest_probability_over_the_images_own_boxes():
    shares = torch.tensor(
        [
            [0.7, 0.2, 0.1],  # background 0.7
            [0.1, 0.5, 0.4],
            [0.1, 0.3, 0.6],  # the best box of image 0: class 1
            [0.8, 0.15, 0.05],  # the only box of image 1: class 0, however much background it looks
        ]
    )
    judged = Judged([torch.zeros(3, 4), torch.zeros(1, 4)], shares.log() + 5, torch.zeros(4, 12), {})
    torch.testing.assert_close(best(judged).exp(), torch.tensor([[0.5, 0.6], [0.15, 0.05]]))


def test_the_answer_is_torchvisions_best_detection(learned):
    (net, _), (images, _) = learned, halves()
    with torch.no_grad():
        logits, judged = net(images), net.judge(images)
        found, _ = net.heads({"map": net.features(images)}, judged.boxes, [(SIZE, SIZE)] * len(images))
    for logit, detections in zip(logits, found, strict=True):
        assert int(detections["labels"][0]) - 1 == int(logit.argmax())
        torch.testing.assert_close(detections["scores"][0], logit.max().exp())


def test_the_whole_image_is_the_last_of_few_boxes_inside_the_image():
    net, images = small(proposals=2).eval(), noise()
    with torch.no_grad():
        boxes = net.judge(images).boxes
    for found in boxes:
        assert found[-1].tolist() == [0, 0, SIZE, SIZE]
        assert 1 < len(found) <= 3
        assert float(found.min()) >= 0
        assert float(found.max()) <= SIZE


def test_an_image_without_proposals_is_judged_as_a_whole():
    net, images = small().eval(), noise()
    with torch.no_grad():
        net.proposals.head.bbox_pred.bias.fill_(-40)  # every proposal shrinks to a point outside
        judged = net.judge(images)
        assert [len(boxes) for boxes in judged.boxes] == [1] * len(images)
        torch.testing.assert_close(net(images), judged.scores.log_softmax(dim=1)[:, 1:])


@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("value", [0.0, 1e4])
def test_a_blank_image_has_a_finite_answer(mode, value):
    with torch.no_grad():
        assert small().train(mode)(torch.full((2, 1, SIZE, SIZE), value)).isfinite().all()


def test_background_is_the_first_score_and_all_classes_share_a_box():
    predictor = Predictor(2, 3)
    with torch.no_grad():
        for parameter in predictor.parameters():
            parameter.zero_()
        predictor.background.bias.fill_(7)
        predictor.expression.bias.copy_(torch.tensor([1.0, 2.0, 3.0]))
        predictor.offset.bias.copy_(torch.tensor([4.0, 5.0, 6.0, 8.0]))
    scores, offsets = predictor(torch.zeros(1, 2))
    assert scores.tolist() == [[7, 1, 2, 3]]
    assert offsets.tolist() == [[4, 5, 6, 8] * 4]


def test_losses_come_with_the_logits_of_the_same_pass():
    net, images = small().train(), noise()
    with torch.no_grad():
        losses, logits = net.losses(images, torch.tensor([0, 1, 2, 0]))
        torch.testing.assert_close(logits, net(images))
    assert losses.keys() == NAMES
    assert all(loss.ndim == 0 and loss >= 0 for loss in losses.values())


def test_the_true_box_is_the_whole_image_and_its_class_the_label():
    net, images, labels = small().train(), noise(), torch.tensor([0, 1, 2, 0])
    with torch.no_grad():
        net.proposals.head.bbox_pred.bias.fill_(-40)  # only the whole image is left, without an error in its place
        net.heads.box_predictor.offset.weight.zero_()
        net.heads.box_predictor.offset.bias.zero_()
        scores = net.judge(images).scores
        losses, _ = net.losses(images, labels)
    assert float(losses["loss_box_reg"]) == 0
    torch.testing.assert_close(losses["loss_classifier"], -scores.log_softmax(dim=1)[range(4), labels + 1].mean())


def test_the_four_losses_reach_every_parameter():
    net = small().train()
    torch.stack(list(net.losses(noise(), torch.tensor([0, 1, 2, 0]))[0].values())).sum().backward()
    for key, parameter in net.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.any(), key


def test_it_learns_two_classes_and_where_the_face_is(learned):
    (net, losses), (images, labels) = learned, halves()
    objectness, proposed, named, _ = (losses[-5:].mean(dim=0) / losses[:5].mean(dim=0)).tolist()
    # the fourth loss is no measure: it grows with the proposals that are near enough to be placed
    assert max(objectness, named) < 0.5
    assert proposed < 1
    with torch.no_grad():
        assert net(images).argmax(dim=1).tolist() == labels.tolist()
        for boxes, truth in zip(net.judge(images).boxes, whole(images), strict=True):
            assert float(box_iou(boxes[:1], truth)) > 0.7


def test_a_seed_fixes_the_boxes_that_are_drawn_for_the_losses():
    (one, losses), (other, same) = trained(3), trained(3)
    assert torch.equal(losses, same)
    for key, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key


def test_boxes_losses_and_logits_stay_float32_under_autocast():
    net, images = small().train(), noise()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        judged = net.judge(images)
        losses, logits = net.losses(images, torch.tensor([0, 1, 2, 0]))
    given = [*judged.boxes, judged.scores, judged.offsets, *losses.values(), logits]
    assert {tensor.dtype for tensor in given} == {torch.float32}


def test_the_expressions_are_the_last_layer_with_a_row_for_each():
    # where init_from looks for the classes of another run
    net, passed = small(classes=5).eval(), []
    for part in net.modules():
        if part._parameters:
            part.register_forward_hook(lambda part, *_: passed.append(part))
    with torch.no_grad():
        net(noise(1))
    assert passed[-1].weight.shape == (5, 16)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"widths": ()}, "model.net.widths="),
        ({"widths": (8, 0)}, "model.net.widths="),
        ({"scales": ()}, "model.net.scales="),
        ({"scales": (0.5, 0.0)}, "model.net.scales="),
        ({"proposals": 0}, "model.net.proposals=0"),
        ({"hidden": 0}, "model.net.hidden=0"),
        ({"widths": (8,) * 6}, "model.input.size=32: choose 64 or more for 6 convolutions"),
    ],
)
def test_an_impossible_number_is_named(options, message):
    with pytest.raises(FerError, match=message):
        small(**options)
