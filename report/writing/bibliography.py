"""The works that the report cites."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A cited work.

    Attributes:
        label: Authors and year as the text prints them.
        entry: The full reference.
        url: Where to read it; may be empty.
    """

    label: str
    entry: str
    url: str = ""


SOURCES: dict[str, Source] = {
    "paired-interval": Source(
        "Bonett and Price, 2012",
        "Bonett, D. G. and Price, R. M. (2012). Adjusted Wald confidence interval for a "
        "difference of binomial proportions based on paired data. Journal of Educational and "
        "Behavioral Statistics 37(4).",
        "https://doi.org/10.3102/1076998611411915",
    ),
    "min-f": Source(
        "Clark, 1973",
        "Clark, H. H. (1973). The language-as-fixed-effect fallacy: a critique of language "
        "statistics in psychological research. Journal of Verbal Learning and Verbal Behavior "
        "12(4).",
        "https://doi.org/10.1016/S0022-5371(73)80014-3",
    ),
    "caltech101": Source(
        "Fei-Fei et al., 2004",
        "Fei-Fei, L., Fergus, R. and Perona, P. (2004). Learning generative visual models from "
        "few training examples: an incremental Bayesian approach tested on 101 object categories."
        " CVPR Workshop on Generative-Model Based Vision.",
        "https://doi.org/10.1109/CVPR.2004.383",
    ),
    "linear-scaling": Source(
        "Goyal et al., 2017",
        "Goyal, P. et al. (2017). Accurate, large minibatch SGD: training ImageNet in 1 hour. "
        "arXiv:1706.02677.",
        "https://arxiv.org/abs/1706.02677",
    ),
    "calibration": Source(
        "Guo et al., 2017",
        "Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017). On calibration of modern "
        "neural networks. International Conference on Machine Learning.",
        "https://arxiv.org/abs/1706.04599",
    ),
    "initialisation": Source(
        "He et al., 2015",
        "He, K., Zhang, X., Ren, S. and Sun, J. (2015). Delving deep into rectifiers: surpassing "
        "human-level performance on ImageNet classification. IEEE International Conference on "
        "Computer Vision.",
        "https://arxiv.org/abs/1502.01852",
    ),
    "resnet": Source(
        "He et al., 2016",
        "He, K., Zhang, X., Ren, S. and Sun, J. (2016). Deep residual learning for image "
        "recognition. IEEE Conference on Computer Vision and Pattern Recognition.",
        "https://arxiv.org/abs/1512.03385",
    ),
    "corruptions": Source(
        "Hendrycks and Dietterich, 2019",
        "Hendrycks, D. and Dietterich, T. (2019). Benchmarking neural network robustness to common "
        "corruptions and perturbations. International Conference on Learning Representations.",
        "https://arxiv.org/abs/1903.12261",
    ),
    "permutations": Source(
        "Hoeffding, 1951",
        "Hoeffding, W. (1951). A combinatorial central limit theorem. The Annals of Mathematical "
        "Statistics 22(4).",
        "https://doi.org/10.1214/aoms/1177729545",
    ),
    "fixed-classifier": Source(
        "Hoffer et al., 2018",
        "Hoffer, E., Hubara, I. and Soudry, D. (2018). Fix your classifier: the marginal value of"
        " training the last weight layer. International Conference on Learning Representations.",
        "https://arxiv.org/abs/1801.04540",
    ),
    "holm": Source(
        "Holm, 1979",
        "Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian "
        "Journal of Statistics 6(2).",
        "https://www.jstor.org/stable/4615733",
    ),
    "batch-normalisation": Source(
        "Ioffe and Szegedy, 2015",
        "Ioffe, S. and Szegedy, C. (2015). Batch normalization: accelerating deep network "
        "training by reducing internal covariate shift. International Conference on Machine "
        "Learning.",
        "https://arxiv.org/abs/1502.03167",
    ),
    "adam": Source(
        "Kingma and Ba, 2015",
        "Kingma, D. P. and Ba, J. (2015). Adam: a method for stochastic optimization. "
        "International Conference on Learning Representations.",
        "https://arxiv.org/abs/1412.6980",
    ),
    "transfer-study": Source(
        "Kornblith et al., 2019",
        "Kornblith, S., Shlens, J. and Le, Q. V. (2019). Do better ImageNet models transfer "
        "better? IEEE Conference on Computer Vision and Pattern Recognition.",
        "https://arxiv.org/abs/1805.08974",
    ),
    "one-weird-trick": Source(
        "Krizhevsky, 2014",
        "Krizhevsky, A. (2014). One weird trick for parallelizing convolutional neural networks. "
        "arXiv:1404.5997.",
        "https://arxiv.org/abs/1404.5997",
    ),
    "alexnet": Source(
        "Krizhevsky et al., 2012",
        "Krizhevsky, A., Sutskever, I. and Hinton, G. E. (2012). ImageNet classification with "
        "deep convolutional neural networks. Advances in Neural Information Processing Systems "
        "25.",
        "https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neur"
        "al-networks",
    ),
    "decoupled": Source(
        "Loshchilov and Hutter, 2019",
        "Loshchilov, I. and Hutter, F. (2019). Decoupled weight decay regularization. "
        "International Conference on Learning Representations.",
        "https://arxiv.org/abs/1711.05101",
    ),
    "mcnemar": Source(
        "McNemar, 1947",
        "McNemar, Q. (1947). Note on the sampling error of the difference between correlated "
        "proportions or percentages. Psychometrika 12(2).",
        "https://doi.org/10.1007/BF02295996",
    ),
    "resampled": Source(
        "Nadeau and Bengio, 2003",
        "Nadeau, C. and Bengio, Y. (2003). Inference for the generalization error. Machine "
        "Learning 52(3).",
        "https://doi.org/10.1023/A:1024068626366",
    ),
    "newcombe": Source(
        "Newcombe, 1998",
        "Newcombe, R. G. (1998). Interval estimation for the difference between independent "
        "proportions: comparison of eleven methods. Statistics in Medicine 17(8).",
        "https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C873::AID-SIM779%3E3.0.CO;2-I",
    ),
    "pytorch": Source(
        "Paszke et al., 2019",
        "Paszke, A. et al. (2019). PyTorch: an imperative style, high-performance deep learning "
        "library. Advances in Neural Information Processing Systems 32.",
        "https://arxiv.org/abs/1912.01703",
    ),
    "reference-report": Source(
        "reference report",
        "Reference report (undated). One person’s hand-made report of this homework, on "
        "Caltech-101 at 224 pixels with ImageNet weights. The values that it gives come with "
        "homework, in report/evidence/reference.json.",
    ),
    "rprop": Source(
        "Riedmiller and Braun, 1993",
        "Riedmiller, M. and Braun, H. (1993). A direct adaptive method for faster backpropagation"
        " learning: the RPROP algorithm. IEEE International Conference on Neural Networks.",
        "https://doi.org/10.1109/ICNN.1993.298623",
    ),
    "sgd": Source(
        "Robbins and Monro, 1951",
        "Robbins, H. and Monro, S. (1951). A stochastic approximation method. The Annals of "
        "Mathematical Statistics 22(3).",
        "https://doi.org/10.1214/aoms/1177729586",
    ),
    "backpropagation": Source(
        "Rumelhart et al., 1986",
        "Rumelhart, D. E., Hinton, G. E. and Williams, R. J. (1986). Learning representations by "
        "back-propagating errors. Nature 323.",
        "https://doi.org/10.1038/323533a0",
    ),
    "imagenet": Source(
        "Russakovsky et al., 2015",
        "Russakovsky, O. et al. (2015). ImageNet large scale visual recognition challenge. "
        "International Journal of Computer Vision 115.",
        "https://arxiv.org/abs/1409.0575",
    ),
    "augmentation": Source(
        "Shorten and Khoshgoftaar, 2019",
        "Shorten, C. and Khoshgoftaar, T. M. (2019). A survey on image data augmentation for deep"
        " learning. Journal of Big Data 6(60).",
        "https://doi.org/10.1186/s40537-019-0197-0",
    ),
    "vgg": Source(
        "Simonyan and Zisserman, 2015",
        "Simonyan, K. and Zisserman, A. (2015). Very deep convolutional networks for large-scale "
        "image recognition. International Conference on Learning Representations.",
        "https://arxiv.org/abs/1409.1556",
    ),
    "dropout": Source(
        "Srivastava et al., 2014",
        "Srivastava, N., Hinton, G., Krizhevsky, A., Sutskever, I. and Salakhutdinov, R. (2014). "
        "Dropout: a simple way to prevent neural networks from overfitting. Journal of Machine "
        "Learning Research 15.",
        "https://jmlr.org/papers/v15/srivastava14a.html",
    ),
    "momentum": Source(
        "Sutskever et al., 2013",
        "Sutskever, I., Martens, J., Dahl, G. and Hinton, G. (2013). On the importance of "
        "initialization and momentum in deep learning. International Conference on Machine "
        "Learning.",
        "https://proceedings.mlr.press/v28/sutskever13.html",
    ),
    "rmsprop": Source(
        "Tieleman and Hinton, 2012",
        "Tieleman, T. and Hinton, G. (2012). Lecture 6.5, RMSProp: divide the gradient by a "
        "running average of its recent magnitude. Coursera: Neural Networks for Machine Learning.",
        "https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf",
    ),
    "wilson": Source(
        "Wilson, 1927",
        "Wilson, E. B. (1927). Probable inference, the law of succession, and statistical "
        "inference. Journal of the American Statistical Association 22(158).",
        "https://doi.org/10.1080/01621459.1927.10502953",
    ),
    "transferable": Source(
        "Yosinski et al., 2014",
        "Yosinski, J., Clune, J., Bengio, Y. and Lipson, H. (2014). How transferable are features"
        " in deep neural networks? Advances in Neural Information Processing Systems 27.",
        "https://arxiv.org/abs/1411.1792",
    ),
    "joined-interval": Source(
        "Zou and Donner, 2008",
        "Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect "
        "measures: a general approach. Statistics in Medicine 27(10).",
        "https://doi.org/10.1002/sim.3095",
    ),
}
"""By the key that `cite` takes, ordered by author, then year, as the references list them."""
